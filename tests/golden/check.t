#!/bin/sh
# mlc check and mlc explain: the language's example flows as they are written
# in its description, formats, fixes, exit codes, and files that must not be
# read.
. "$SRC/tests/lib/golden.sh"
golden check
