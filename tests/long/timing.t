#!/bin/sh
# A million measured comparisons of signatures [176]; the unit test takes fewer.
MLC_LONG=1
export MLC_LONG
exec "$BUILD/tests/unit/timing.t"
