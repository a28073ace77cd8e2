/* SPDX-License-Identifier: ISC */
#include "gcm.h"

#include <string.h>

#define BLOCK 16

/*
 * BoringSSL's, of aesni-x86_64.S and ghash-x86_64.S. A key is as AES_KEY of <openssl/aes.h> has it with AES-NI: 240
 * bytes of round keys, and the number of rounds. H is two words in the machine's order.
 */
int aes_hw_set_encrypt_key(const void *secret, int bits, void *key);
void aes_hw_ctr32_encrypt_blocks(const void *in, void *out, size_t blocks, const void *key, const void *counter);
void gcm_init_clmul(void *table, const uint64_t h[2]);
void gcm_ghash_clmul(void *y, const void *table, const void *data, size_t size);

static void init(const br_block_ctr_class **ctx, const void *key, size_t size)
{
    br_aes_x86ni_ctr_keys *keys = (void *)ctx;

    _Static_assert(offsetof(br_aes_x86ni_ctr_keys, num_rounds) - offsetof(br_aes_x86ni_ctr_keys, skey) == 240,
                   "BearSSL's keys do not lie as BoringSSL's do");
    aes_hw_set_encrypt_key(key, (int)size * 8, &keys->skey);
    keys->vtable = &at_tls_aes_ctr;
}

static uint32_t run(const br_block_ctr_class *const *ctx, const void *iv, uint32_t cc, void *data, size_t size)
{
    const br_aes_x86ni_ctr_keys *keys = (const void *)ctx;
    size_t blocks = size / BLOCK, rest = size % BLOCK;
    unsigned char counter[BLOCK], last[BLOCK] = {0};
    uint32_t word = __builtin_bswap32(cc);
    unsigned char *bytes = data;

    memcpy(counter, iv, BLOCK - sizeof word);
    memcpy(counter + BLOCK - sizeof word, &word, sizeof word);
    if (blocks > 0)
        aes_hw_ctr32_encrypt_blocks(bytes, bytes, blocks, &keys->skey, counter);
    cc += (uint32_t)blocks;
    if (rest == 0)
        return cc;
    word = __builtin_bswap32(cc);
    memcpy(counter + BLOCK - sizeof word, &word, sizeof word);
    memcpy(last, bytes + blocks * BLOCK, rest);
    aes_hw_ctr32_encrypt_blocks(last, last, 1, &keys->skey, counter);
    memcpy(bytes + blocks * BLOCK, last, rest);
    return cc; /* as BearSSL counts */
}

const br_block_ctr_class at_tls_aes_ctr = {sizeof(br_aes_x86ni_ctr_keys), BLOCK, 4, init, run};

void at_tls_ghash(void *y, const void *h, const void *data, size_t size)
{
    _Alignas(BLOCK) unsigned char table[16 * BLOCK];
    size_t whole = size / BLOCK * BLOCK;
    unsigned char last[BLOCK] = {0};
    uint64_t words[2];

    memcpy(words, h, sizeof words);
    words[0] = __builtin_bswap64(words[0]);
    words[1] = __builtin_bswap64(words[1]);
    gcm_init_clmul(table, words);
    if (whole > 0)
        gcm_ghash_clmul(y, table, data, whole);
    if (whole == size)
        return;
    memcpy(last, (const unsigned char *)data + whole, size - whole);
    gcm_ghash_clmul(y, table, last, BLOCK);
}
