"""What has been uploaded: projects, collections, items and their assets, where they came from, who may see them."""
