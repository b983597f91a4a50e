#!/bin/sh
# What a call costs on loopback, for make bench: bare libcurl, mlc's HTTP and
# the whole transport side by side, to a server of the tests.
#   BENCH_CALLS  calls of each kind, 20000
: "${BENCH_CALLS:=20000}" "${BUILD:=$(dirname "${MLC:=./mlc}")}"
calls=$BUILD/tests/unit/calls.t
if [ ! -x "$calls" ]; then
    echo "calls are measured after make check has built tests/unit/calls.t"
    exit 0
fi
echo
echo "calls to a system on this machine"
MLC_CALLS=$BENCH_CALLS "$calls" | sed -n 's/^# \(.*calls\/s.*\)/  \1/p'
