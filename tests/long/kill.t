#!/bin/sh
# The kill sweep over every boundary of every system call of a run, and more
# of its negative control than `make check` has time for.
MLC_SWEEP=${MLC_SWEEP:-all} exec "$BUILD/tests/unit/kill.t"
