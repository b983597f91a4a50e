#!/bin/sh
# The state file, ended at every system call while it is made.
MLC_SWEEP=all exec "$BUILD/tests/unit/store.t"
