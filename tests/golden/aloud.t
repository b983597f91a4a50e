#!/bin/sh
# Flows read aloud, where fields come from, and what to begin with.
. "$SRC/tests/lib/golden.sh"
golden aloud
