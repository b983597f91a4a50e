#!/bin/sh
# 100,000 programs by chance through the formatter; unit/format.c tries 2,000.
exec "$BUILD/tests/unit/format.t" 100000 1000000
