#!/bin/sh
# SPDX-License-Identifier: ISC
# Makes this folder's certificates and keys anew, with openssl. They are for tests and prove nothing to anybody.
set -eu
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT

# new_key FILE KIND: ec, or the bits of an RSA key
new_key() {
    if [ "$2" = ec ]; then
        openssl ecparam -name prime256v1 -genkey -noout -out "$1"
    else
        openssl genrsa -traditional -out "$1" "$2"
    fi
}

# authority NAME KIND
authority() {
    new_key "$scratch/$1.key" "$2"
    openssl req -x509 -new -key "$scratch/$1.key" -subj "/CN=Atman test $1" -days 36500 -sha256 -out "$1.pem" \
        -addext keyUsage=critical,keyCertSign
}

# leaf NAME KIND ISSUER-CERTIFICATE ISSUER-KEY EXTENSION
leaf() {
    new_key "$1.key" "$2"
    echo "$5" > "$scratch/extensions"
    openssl req -new -key "$1.key" -subj "/CN=Atman test $1" -out "$scratch/request"
    openssl x509 -req -in "$scratch/request" -CA "$3" -CAkey "$4" -CAcreateserial -CAserial "$scratch/serial" \
        -days 36400 -sha256 -extfile "$scratch/extensions" -out "$1.pem"
}

name="subjectAltName=DNS:server.test,DNS:*.wild.test"
authority authority ec
authority rsa_authority 2048
leaf server ec authority.pem "$scratch/authority.key" "$name"
leaf rsa_server 2048 rsa_authority.pem "$scratch/rsa_authority.key" "$name"
leaf weak_server 1024 rsa_authority.pem "$scratch/rsa_authority.key" "$name"

# A chain of three.
leaf between ec authority.pem "$scratch/authority.key" "basicConstraints=critical,CA:TRUE"
leaf chain ec between.pem between.key "$name"
cat between.pem >> chain.pem
rm between.pem between.key

# A chain in which an ordinary certificate plays the authority.
leaf misused ec server.pem server.key "$name"
cat server.pem >> misused.pem
