/* SPDX-License-Identifier: ISC */
/* Captures, read and written by libpcap. */

#define _DEFAULT_SOURCE /* u_char, of which libpcap's interface is made */

#include "wire.h"

#include <pcap/pcap.h>
#include <string.h>
#include <sys/time.h>

static struct capture {
    struct at_host_wire wire; /* first: the wire is the capture */
    pcap_t *in;
    pcap_t *form; /* what the file to write looks like */
    pcap_dumper_t *out;
} capture;

static size_t receive(struct at_host_wire *wire, void *frame)
{
    struct pcap_pkthdr *header;
    const u_char *data;

    while (!wire->ended && capture.in != NULL) {
        if (pcap_next_ex(capture.in, &header, &data) != 1) {
            wire->ended = 1; /* also at a record that is cut off: what came before it was delivered */
            break;
        }
        if (header->caplen == header->len && header->caplen > 0 && header->caplen <= AT_HOST_FRAME_MAX) {
            memcpy(frame, data, header->caplen);
            return header->caplen;
        }
    }
    return 0;
}

static void transmit(struct at_host_wire *wire, const void *frame, size_t size)
{
    struct pcap_pkthdr header = {.caplen = (bpf_u_int32)size, .len = (bpf_u_int32)size};

    (void)wire;
    if (capture.out == NULL)
        return;
    gettimeofday(&header.ts, NULL);
    pcap_dump((u_char *)capture.out, &header, frame);
    pcap_dump_flush(capture.out);
}

struct at_host_wire *at_host_wire_capture(const char *in, const char *out)
{
    char why[PCAP_ERRBUF_SIZE] = "it is no capture of Ethernet frames";

    capture.wire = (struct at_host_wire){.receive = receive, .send = transmit, .fd = -1};
    if (in != NULL) {
        capture.in = pcap_open_offline(in, why);
        if (capture.in == NULL || pcap_datalink(capture.in) != DLT_EN10MB)
            at_host_fail("capture", in, why);
    }
    if (out != NULL) {
        capture.form = pcap_open_dead(DLT_EN10MB, AT_HOST_FRAME_MAX);
        capture.out = pcap_dump_open(capture.form, out);
        if (capture.out == NULL)
            at_host_fail("capture", out, NULL);
    }
    return &capture.wire;
}
