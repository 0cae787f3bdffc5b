"""What the worker and the process that reads say to each other; the form of a frame is that of statements."""

import struct

ORDER = b"O"  # JSON: files (name, size), driver, is_categorical, memory, seconds
DATA = b"D"  # the answer to READ
BEGUN = b"B"  # nothing: the process is confined
READ = b"R"  # place of the file, offset, length
PART = b"P"  # JSON: a Reading, each more complete than the one before
IMAGE = b"I"  # a PNG
FAULT = b"F"  # a sentence, UTF-8: what could not be read
DONE = b"E"  # the most memory that the process had, in eight bytes

PEAK = struct.Struct("<Q")
PLACE = struct.Struct("<IQI")
LONGEST_READ = 8 << 20
LONGEST_PART = 4 << 20
LONGEST_IMAGE = 4 << 20
