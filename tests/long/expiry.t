#!/bin/sh
# Two hundred expiries, fifty processes at each of them.
MLC_EXPIRIES=${MLC_EXPIRIES:-200} exec "$BUILD/tests/unit/expiry.t"
