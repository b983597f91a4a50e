#!/bin/sh
# The command line itself: help, near misses, wrong options.
. "$SRC/tests/lib/golden.sh"
golden frame
