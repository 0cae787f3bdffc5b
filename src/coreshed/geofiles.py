"""Which files are rasters and vector data, by the ends of their names, and which of them are read.

One table for the rooms that say what a file is and for the process that reads it, which starts with little.
"""

READ_RASTERS = {".tif": "GTiff", ".tiff": "GTiff", ".gtiff": "GTiff", ".jp2": "JP2OpenJPEG", ".j2k": "JP2OpenJPEG"}
"""Ending -> the format that it promises."""
READ_VECTORS = {
    ".gpkg": "GPKG",
    ".shp": "ESRI Shapefile",
    ".zip": "ESRI Shapefile",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".fgb": "FlatGeobuf",
    ".parquet": "Parquet",
    ".geoparquet": "Parquet",
}
RASTERS = frozenset({*READ_RASTERS, ".vrt", ".img", ".nc", ".asc"})
VECTORS = frozenset({*READ_VECTORS, ".kml"})

_GEOTIFF = "image/tiff; application=geotiff"
_PARQUET = "application/vnd.apache.parquet"
MEDIA_TYPES = {
    ".tif": _GEOTIFF,
    ".tiff": _GEOTIFF,
    ".gtiff": _GEOTIFF,
    ".jp2": "image/jp2",
    ".j2k": "image/j2c",  # a bare codestream, without the boxes of JP2
    ".nc": "application/netcdf",
    ".geojson": "application/geo+json",
    ".json": "application/json",
    ".gpkg": "application/geopackage+sqlite3",
    ".fgb": "application/vnd.flatgeobuf",
    ".parquet": _PARQUET,
    ".geoparquet": _PARQUET,
    ".kml": "application/vnd.google-earth.kml+xml",
    ".zip": "application/zip",
}
