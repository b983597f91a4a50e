#!/bin/sh
# Every scenario of the kill sweep at every boundary of every system call, and
# more of the controls than `make check` has time for. The counts are in the
# names of the tests: places, kills, and what went wrong without protection.
MLC_SWEEP=${MLC_SWEEP:-all} exec "$BUILD/tests/unit/kill.t"
