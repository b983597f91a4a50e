#!/bin/sh
# The engine against its model, ten thousand histories.
MLC_HISTORIES=${MLC_HISTORIES:-10000} exec "$BUILD/tests/unit/engine.t"
