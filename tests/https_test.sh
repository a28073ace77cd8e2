# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# examples/https on real Xen, asked by clients that nobody here wrote: curl, openssl, gnutls-cli and sslscan, in dom0;
# and examples/fetch, which asks openssl's server and finds it by dnsmasq.

readonly ADDRESS=10.0.0.2 GREETING='A very HTTP-hello from Atman'
readonly AUTHORITY=/usr/bin/authority.pem # where a test's files are put

# start_https [SETTING]...: a guest that answers.
start_https() {
    guest_start https 'cmdline="ip=10.0.0.2/24"' "$@"
    local try
    for try in {1..50}; do
        if get https://server.test/ -o /dev/null 2>/tmp/curl; then return; fi
        sleep 0.2
    done
    fail "curl gets no answer in $try tries: $(tail -n 1 /tmp/curl)"
}

get() {
    curl --silent --show-error --fail --max-time 30 --cacert $AUTHORITY --resolve server.test:443:$ADDRESS "$@"
}

# ask OPTION...: openssl s_client with a request; the certificate has to be good.
ask() {
    printf 'GET / HTTP/1.1\r\nHost: server.test\r\nConnection: close\r\n\r\n' |
        timeout 20 openssl s_client -connect $ADDRESS:443 -servername server.test -CAfile $AUTHORITY \
            -verify_return_error -ign_eof "$@" 2>&1
}

Curl_GetsTheGreetingAndTrustsTheCertificate() {
    start_https
    [[ $(get https://server.test/) == "$GREETING" ]] || fail "that is not the greeting"
    ! curl --silent --max-time 10 https://$ADDRESS/ || fail "curl trusts a certificate that it cannot know"
}

KeepAlive_OneConnectionServesMany() {
    start_https
    get -v "https://server.test/?[1-20]" -o /dev/null 2>/tmp/curl
    (($(grep -c '^\* Connected to' /tmp/curl) == 1)) || fail "curl had to connect more than once"
}

LargeReply_IsWhole() {
    start_https
    get https://server.test/bytes/1000000 >/tmp/large
    # 0, 1, ... 250, and again from 0.
    awk 'BEGIN { for (i = 0; i < 251; i++) printf "%02x", i }' | xxd -r -p >/tmp/pattern
    while (($(wc -c </tmp/pattern) < 1000000)); do
        cat /tmp/pattern /tmp/pattern >/tmp/twice && mv /tmp/twice /tmp/pattern
    done
    head -c 1000000 /tmp/pattern | cmp - /tmp/large || fail "that is not what was asked for"
}

OpenSsl_AgreesOnTls12AndEndsInOrder() {
    start_https
    ask -alpn h2,http/1.1 >/tmp/said || fail "openssl ended with an error: $(tail -n 3 /tmp/said)"
    grep -q '^ALPN protocol: http/1.1' /tmp/said || fail "another protocol: $(grep ALPN /tmp/said)"
    grep -q 'Protocol *: TLSv1.2' /tmp/said || fail "that is not TLS 1.2"
    grep -q 'Cipher *: ECDHE-ECDSA-AES128-GCM-SHA256' /tmp/said || fail "another cipher suite: $(grep Cipher /tmp/said)"
    grep -q "$GREETING" /tmp/said || fail "there is no greeting"
}

OpenSsl_TakesUpItsSession() {
    start_https
    ask -sess_out /tmp/session >/tmp/said || fail "the first connection failed"
    ask -sess_in /tmp/session >/tmp/said || fail "the second connection failed"
    grep -q '^Reused, TLSv1.2' /tmp/said || fail "the session was not taken up again"
}

ChaCha20_IsSpokenToo() {
    start_https
    ask -cipher ECDHE-ECDSA-CHACHA20-POLY1305 >/tmp/said || fail "openssl failed: $(tail -n 3 /tmp/said)"
    grep -q "$GREETING" /tmp/said || fail "there is no greeting"
}

OldVersions_AreRefused() {
    start_https
    local version
    for version in -tls1 -tls1_1; do
        ! ask $version -cipher ALL:@SECLEVEL=0 >/tmp/said || fail "it speaks $version"
    done
}

GnuTls_GetsTheGreeting() {
    start_https
    printf 'GET / HTTP/1.1\r\nHost: server.test\r\nConnection: close\r\n\r\n' |
        timeout 20 gnutls-cli --x509cafile $AUTHORITY --verify-hostname server.test -p 443 $ADDRESS >/tmp/said 2>&1 ||
        fail "gnutls-cli failed: $(tail -n 3 /tmp/said)"
    grep -q "$GREETING" /tmp/said || fail "there is no greeting"
}

Scan_FindsOnlyWhatIsMeantToBeThere() {
    start_https
    timeout 100 sslscan --no-colour $ADDRESS:443 >/tmp/said || fail "sslscan failed"
    ! grep -E '^(SSLv2|SSLv3|TLSv1\.0|TLSv1\.1) +enabled' /tmp/said || fail "an old version"
    ! grep -E '^(Accepted|Preferred).*(CBC|RC4|3DES|NULL|EXP|anon)' /tmp/said || fail "a weak cipher suite"
    grep -q 'not vulnerable to heartbleed' /tmp/said || fail "no verdict on heartbleed"
    grep -q 'Session renegotiation .*not.* supported' /tmp/said || fail "it renegotiates"
}

SixteenClientsAtOnce_InTwoMiB() {
    start_https memory=2
    timeout 100 ab -q -n 200 -c 16 https://$ADDRESS/ >/tmp/said || fail "ab failed: $(tail -n 3 /tmp/said)"
    grep -q '^Failed requests: *0$' /tmp/said || fail "$(grep '^Failed' /tmp/said)"
    [[ $(get https://server.test/) == "$GREETING" ]] || fail "it does not answer any more"
}

Garbage_EndsOneConnectionOnly() {
    start_https
    head -c 100000 /dev/urandom | timeout 10 socat -u - TCP:$ADDRESS:443 || true
    printf 'GET / HTTP/1.1\r\n\r\n' | timeout 10 socat -t 2 - TCP:$ADDRESS:443 >/tmp/said || true
    [[ $(get https://server.test/) == "$GREETING" ]] || fail "it does not answer any more"
    guest_stops
}

# serve [OPTION]...: openssl as a server of the file /greeting at port 4433, and dnsmasq, which knows that all of .test
# is here, and kit.wild.test the guest.
serve() {
    mkdir -p /tmp/www
    echo "$GREETING" >/tmp/www/greeting
    dnsmasq --keep-in-foreground --user=root --group=root --interface=xenbr0 --bind-interfaces --no-resolv --no-hosts \
        --address=/test/10.0.0.1 --address=/kit.wild.test/$ADDRESS --pid-file=/tmp/dnsmasq.pid &
    (cd /tmp/www && exec openssl s_server -accept 4433 -WWW "$@") >/tmp/server 2>&1 &
    until grep -q ACCEPT /tmp/server; do sleep 0.1; done
}

readonly OWN_CERTIFICATE=(-cert /usr/bin/https.pem -key /usr/bin/https.key)

# fetch URL [SETTING]...
fetch() {
    guest_start fetch "cmdline=\"$1 ip=10.0.0.2/24 dns=10.0.0.1\"" "${@:2}"
}

# fetch_says SENTENCE URL [SETTING]...
fetch_says() {
    local sentence=$1
    shift
    fetch "$@"
    guest_ends crash 40
    console_has "fetch: $sentence"
    console_lacks "$GREETING"
}

Fetch_FindsChecksAndPrints() {
    serve "${OWN_CERTIFICATE[@]}" -tls1_2
    fetch https://server.test:4433/greeting
    guest_ends poweroff 40
    console_has "$GREETING"
    fetch https://a.wild.test:4433/greeting
    guest_ends poweroff 40
}

Fetch_UnderstandsTheKitsOwnServer() {
    start_https memory=2
    serve "${OWN_CERTIFICATE[@]}"
    guest_start fetch 'cmdline="https://kit.wild.test/ ip=10.0.0.3/24 dns=10.0.0.1"'
    guest_ends poweroff 40
    console_has "$GREETING"
    guest_start fetch 'cmdline="https://kit.wild.test/nothing ip=10.0.0.3/24 dns=10.0.0.1"'
    guest_ends crash 40
    console_has "fetch: kit.wild.test: the answer's status is 404."
}

Fetch_RefusesCertificatesThatProveNothing() {
    serve "${OWN_CERTIFICATE[@]}"
    fetch_says 'other.test: the certificate is for another name.' https://other.test:4433/greeting
    # Ten years ago by the guest's clock: minus 315,360,000 seconds, in 32 bits.
    fetch_says 'server.test: a certificate has expired or is not valid yet.' \
        https://server.test:4433/greeting rtc_timeoffset=3979607296
    stop_children
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server.test -days 30 \
        -addext subjectAltName=DNS:server.test -keyout /tmp/self.key -out /tmp/self.pem
    serve -cert /tmp/self.pem -key /tmp/self.key
    fetch_says 'server.test: no trusted authority issued the certificate.' https://server.test:4433/greeting
}

Fetch_SaysWhatIsInTheWay() {
    serve "${OWN_CERTIFICATE[@]}" -tls1_1 -cipher ALL:@SECLEVEL=0
    fetch_says 'server.test: the peer refused with an alert.' https://server.test:4433/greeting
    fetch_says 'server.test: nobody listens there.' https://server.test/greeting
    fetch_says 'server.example: no name server knows it.' https://server.example/greeting
    fetch_says 'http://server.test/: that is no https://HOST' http://server.test/
}
