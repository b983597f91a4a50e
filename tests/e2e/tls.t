#!/bin/sh
# Who cannot prove who it is gets nothing [68]: not the key, not a request.
. "$SRC/tests/lib/tap.sh"
cd "$tmp" || exit 99
command -v openssl > /dev/null || { echo "1..0 # SKIP no openssl command"; exit 0; }

authority() { # NAME
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.pem" -days 30 -subj "/CN=$1" 2> /dev/null
}
certificate() { # NAME HOST AUTHORITY [openssl ca options]
    c_name=$1 c_host=$2 c_ca=$3
    shift 3
    openssl req -newkey rsa:2048 -nodes -keyout "$c_name.key" -out "$c_name.csr" -subj "/CN=$c_host" 2> /dev/null
    rm -rf db && mkdir db && : > db/index && echo 01 > db/serial
    cat > ca.cnf <<END
[ca]
default_ca = a
[a]
database = db/index
serial = db/serial
new_certs_dir = db
certificate = $c_ca.pem
private_key = $c_ca.key
default_md = sha256
default_days = 30
policy = p
x509_extensions = x
[p]
commonName = supplied
[x]
subjectAltName = DNS:$c_host
END
    openssl ca -batch -config ca.cnf -in "$c_name.csr" -out "$c_name.pem" "$@" 2> /dev/null > /dev/null
}
authority ours
authority others
certificate good localhost ours
certificate expired localhost ours -startdate 20200101000000Z -enddate 20210101000000Z
certificate elsewhere api.example.com ours
certificate foreign localhost others
printf 'api_key=canary-api-key-value\n' | "$MLC" auth set Rippling > /dev/null 2>&1

serve() { # CERTIFICATE OPTIONS...: sets $port
    s_cert=$1
    shift
    s_try=0
    while [ $s_try -lt 20 ]; do
        port=$((20000 + ($$ * 7 + s_try * 131 + $(date +%N | sed 's/^0*//')) % 30000))
        openssl s_server -accept "127.0.0.1:$port" -cert "$s_cert.pem" -key "$s_cert.key" -www "$@" > server.log 2>&1 &
        server=$!
        until_true 10 sh -c "grep -q ACCEPT server.log || ! kill -0 $server" 2> /dev/null
        kill -0 $server 2> /dev/null && break
        s_try=$((s_try + 1))
    done
    tap_pids="$tap_pids $server"
}

try() { # NAME WANT-CODE PATTERN
    MLC_CA_FILE=$tmp/ours.pem "$MLC" ping Rippling --set "Rippling.url=https://localhost:$port" > out 2>&1
    is $? "$2" "$1"
    like "$(cat out)" "$3" "… $3"
    is "$(grep -c canary-api-key server.log out | grep -cv ':0$')" 0 "… no key is shown"
    kill $server 2> /dev/null
    wait $server 2> /dev/null
}

serve good
MLC_CA_FILE=$tmp/ours.pem "$MLC" ping Rippling --set "Rippling.url=https://localhost:$port" > out 2>&1
is "$(grep -c 'could not prove' out)" 0 "a certificate in order is taken"
like "$(cat out)" "web page" "… and the page behind it is no answer [63]"
kill $server 2> /dev/null
wait $server 2> /dev/null
serve expired
try "an expired certificate" 75 "could not prove who it is"
serve elsewhere
try "a certificate for another name" 75 "could not prove who it is"
serve foreign
try "a certificate nobody known has signed" 75 "could not prove who it is"
serve good -tls1_1 -cipher 'ALL:@SECLEVEL=0'
try "an old TLS only" 75 "no connection"
tap_done
