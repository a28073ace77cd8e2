/* SPDX-License-Identifier: ISC */
/*
 * credentials: certificates and keys as C data, for components/tls/tls.bzl. BearSSL's own code reads the files.
 *
 *     credentials identity NAME OUT.c CERTIFICATES KEY
 *     credentials trust NAME OUT.c CERTIFICATES...
 *
 * OUT.c includes OUT.h, which it finds by "NAME.h" and which declares NAME.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <brssl.h>

#define DATA_PER_LINE 16
#define RSA_MAX_SIZE 512 /* of a modulus: what BearSSL can use, 4096 bits */

static const char *object_name;

static void stop(const char *file, const char *sentence)
{
    fprintf(stderr, "%s: %s %s.\n", object_name, file, sentence);
    exit(1);
}

static void print_bytes(FILE *out, const char *name, size_t index, const unsigned char *data, size_t size)
{
    fprintf(out, "static const unsigned char %s%zu[] = {", name, index);
    for (size_t i = 0; i < size; i++)
        fprintf(out, "%s0x%02x,", i % DATA_PER_LINE == 0 ? "\n    " : " ", data[i]);
    fprintf(out, "\n};\n\n");
}

static br_x509_certificate *read_chain(const char *file, size_t *count)
{
    br_x509_certificate *chain = read_certificates(file, count);

    if (chain == NULL || *count == 0)
        stop(file, "holds no certificate in PEM or DER form");
    return chain;
}

/* The public key of the chain's own certificate, into `decoder`, which holds it. */
static const br_x509_pkey *public_key(br_x509_decoder_context *decoder, const br_x509_certificate *certificate,
                                      const char *file)
{
    const br_x509_pkey *key;

    br_x509_decoder_init(decoder, NULL, NULL);
    br_x509_decoder_push(decoder, certificate->data, certificate->data_len);
    key = br_x509_decoder_get_pkey(decoder);
    if (key == NULL)
        stop(file, "begins with a certificate that BearSSL cannot read");
    return key;
}

static bool equal_numbers(const unsigned char *a, size_t a_size, const unsigned char *b, size_t b_size)
{
    for (; a_size > 0 && *a == 0; a_size--)
        a++;
    for (; b_size > 0 && *b == 0; b_size--)
        b++;
    return a_size == b_size && memcmp(a, b, a_size) == 0;
}

static bool belong_together(const br_x509_pkey *public, const private_key *private)
{
    unsigned char buffer[BR_EC_KBUF_PUB_MAX_SIZE];
    unsigned char modulus[RSA_MAX_SIZE];
    br_ec_public_key ec;
    size_t size;

    if (public->key_type != private->key_type)
        return false;
    if (private->key_type == BR_KEYTYPE_RSA) {
        size = br_rsa_i31_compute_modulus(NULL, &private->key.rsa);
        if (size > sizeof modulus)
            return false;
        br_rsa_i31_compute_modulus(modulus, &private->key.rsa);
        return equal_numbers(public->key.rsa.n, public->key.rsa.nlen, modulus, size);
    }
    if (public->key.ec.curve != private->key.ec.curve)
        return false;
    size = br_ec_compute_pub(&br_ec_all_m31, &ec, buffer, &private->key.ec);
    return size != 0 && equal_numbers(public->key.ec.q, public->key.ec.qlen, ec.q, ec.qlen);
}

static void print_private_key(FILE *out, const private_key *key)
{
    if (key->key_type == BR_KEYTYPE_EC) {
        print_bytes(out, "key", 0, key->key.ec.x, key->key.ec.xlen);
        fprintf(out, "static const br_ec_private_key key = {%d, (unsigned char *)key0, sizeof key0};\n\n",
                key->key.ec.curve);
        return;
    }
    print_bytes(out, "key", 0, key->key.rsa.p, key->key.rsa.plen);
    print_bytes(out, "key", 1, key->key.rsa.q, key->key.rsa.qlen);
    print_bytes(out, "key", 2, key->key.rsa.dp, key->key.rsa.dplen);
    print_bytes(out, "key", 3, key->key.rsa.dq, key->key.rsa.dqlen);
    print_bytes(out, "key", 4, key->key.rsa.iq, key->key.rsa.iqlen);
    fprintf(out, "static const br_rsa_private_key key = {%lu", (unsigned long)key->key.rsa.n_bitlen);
    for (int i = 0; i < 5; i++)
        fprintf(out, ", (unsigned char *)key%d, sizeof key%d", i, i);
    fprintf(out, "};\n\n");
}

static void print_identity(FILE *out, const char *chain_file, const char *key_file)
{
    size_t count;
    br_x509_certificate *chain = read_chain(chain_file, &count);
    private_key *key = read_private_key(key_file);
    br_x509_decoder_context decoder;
    const char *signature = "rsa";

    if (key == NULL)
        stop(key_file, "holds no private key in PEM or DER form that is not encrypted");
    if (!belong_together(public_key(&decoder, &chain[0], chain_file), key))
        stop(key_file, "is not the key of the first certificate");
    if (key->key_type == BR_KEYTYPE_EC)
        signature = key->key.ec.curve == BR_EC_secp256r1 ? "ecdsa" : "ecdsa_any";
    for (size_t i = 0; i < count; i++)
        print_bytes(out, "certificate", i, chain[i].data, chain[i].data_len);
    fprintf(out, "static const br_x509_certificate certificates[] = {\n");
    for (size_t i = 0; i < count; i++)
        fprintf(out, "    {(unsigned char *)certificate%zu, sizeof certificate%zu},\n", i, i);
    fprintf(out, "};\n\n");
    print_private_key(out, key);
    fprintf(out, "const struct at_tls_identity %s = {certificates, %zu, &key, at_tls_sign_%s};\n", object_name, count,
            signature);
}

static void print_anchor(FILE *out, const br_x509_trust_anchor *anchor, size_t index)
{
    print_bytes(out, "name", index, anchor->dn.data, anchor->dn.len);
    if (anchor->pkey.key_type == BR_KEYTYPE_RSA) {
        print_bytes(out, "n", index, anchor->pkey.key.rsa.n, anchor->pkey.key.rsa.nlen);
        print_bytes(out, "e", index, anchor->pkey.key.rsa.e, anchor->pkey.key.rsa.elen);
    } else {
        print_bytes(out, "q", index, anchor->pkey.key.ec.q, anchor->pkey.key.ec.qlen);
    }
}

static void print_anchor_row(FILE *out, const br_x509_trust_anchor *anchor, size_t i)
{
    fprintf(out, "    {{(unsigned char *)name%zu, sizeof name%zu}, %u, ", i, i, anchor->flags);
    if (anchor->pkey.key_type == BR_KEYTYPE_RSA)
        fprintf(out,
                "{BR_KEYTYPE_RSA, {.rsa = {(unsigned char *)n%zu, sizeof n%zu, (unsigned char *)e%zu, "
                "sizeof e%zu}}}},\n",
                i, i, i, i);
    else
        fprintf(out, "{BR_KEYTYPE_EC, {.ec = {%d, (unsigned char *)q%zu, sizeof q%zu}}}},\n", anchor->pkey.key.ec.curve,
                i, i);
}

static void print_trust(FILE *out, char **files, int file_count)
{
    anchor_list anchors = VEC_INIT;
    bool rsa = false;

    for (int i = 0; i < file_count; i++) {
        if (read_trust_anchors(&anchors, files[i]) == 0)
            stop(files[i], "holds no certificate of an authority in PEM or DER form");
    }
    for (size_t i = 0; i < VEC_LEN(anchors); i++) {
        print_anchor(out, &VEC_ELT(anchors, i), i);
        rsa = rsa || VEC_ELT(anchors, i).pkey.key_type == BR_KEYTYPE_RSA;
    }
    fprintf(out, "static const br_x509_trust_anchor anchors[] = {\n");
    for (size_t i = 0; i < VEC_LEN(anchors); i++)
        print_anchor_row(out, &VEC_ELT(anchors, i), i);
    fprintf(out, "};\n\nconst struct at_tls_trust %s = {anchors, %zu, at_tls_verify_%s};\n", object_name,
            (size_t)VEC_LEN(anchors), rsa ? "any" : "ecdsa");
}

int main(int argc, char **argv)
{
    bool identity = argc == 6 && strcmp(argv[1], "identity") == 0;
    bool trust = argc >= 5 && strcmp(argv[1], "trust") == 0;
    FILE *out;

    if (!identity && !trust) {
        fprintf(stderr, "usage: credentials identity NAME OUT.c CERTIFICATES KEY | trust NAME OUT.c CERTIFICATES...\n");
        return 2;
    }
    object_name = argv[2];
    out = fopen(argv[3], "w");
    if (out == NULL)
        stop(argv[3], "cannot be written");
    fprintf(out, "/* Made by atman_tls_%s(). */\n#include <bearssl.h>\n\n#include \"%s.h\"\n\n", argv[1], object_name);
    if (identity)
        print_identity(out, argv[4], argv[5]);
    else
        print_trust(out, argv + 4, argc - 4);
    if (fclose(out) != 0)
        stop(argv[3], "cannot be written");
    return 0;
}
