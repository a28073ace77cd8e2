#!/bin/sh
# SPDX-License-Identifier: ISC
# Makes this folder's certificates and keys anew, with openssl. They are for tests and prove nothing to anybody.
set -eu
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT

# openssl ca, since nothing else of openssl's takes a date to begin at.
cat > "$scratch/ca.cnf" <<END
[ca]
default_ca = test
[test]
database = $scratch/index
new_certs_dir = $scratch
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
END
: > "$scratch/index"

# new_key FILE KIND: ec, or the bits of an RSA key
new_key() {
    if [ "$2" = ec ]; then
        openssl ecparam -name prime256v1 -genkey -noout -out "$1"
    else
        openssl genrsa -traditional -out "$1" "$2"
    fi
}

# issue NAME KEY EXTENSIONS OPTION...: NAME.pem for KEY
issue() {
    printf '%b\n' "$3" > "$scratch/extensions"
    openssl req -new -key "$2" -subj "/CN=Atman test $1" -out "$scratch/request"
    name=$1
    shift 3
    openssl ca -batch -notext -config "$scratch/ca.cnf" -startdate 20200101000000Z -enddate 21200101000000Z \
        -extfile "$scratch/extensions" -in "$scratch/request" -out "$name.pem" "$@"
}

# authority NAME KIND
authority() {
    new_key "$scratch/$1.key" "$2"
    issue "$1" "$scratch/$1.key" 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign' \
        -selfsign -keyfile "$scratch/$1.key"
}

# leaf NAME KIND ISSUER-CERTIFICATE ISSUER-KEY EXTENSIONS
leaf() {
    new_key "$1.key" "$2"
    issue "$1" "$1.key" "$5" -cert "$3" -keyfile "$4"
}

names="subjectAltName=DNS:server.test,DNS:*.wild.test"
authority authority ec
authority rsa_authority 2048
leaf server ec authority.pem "$scratch/authority.key" "$names"
leaf rsa_server 2048 rsa_authority.pem "$scratch/rsa_authority.key" "$names"
leaf weak_server 1024 rsa_authority.pem "$scratch/rsa_authority.key" "$names"

# A chain of three.
leaf between ec authority.pem "$scratch/authority.key" basicConstraints=critical,CA:TRUE
leaf chain ec between.pem between.key "$names"
cat between.pem >> chain.pem
rm between.pem between.key

# A chain in which an ordinary certificate plays the authority.
leaf misused ec server.pem server.key "$names"
cat server.pem >> misused.pem
