/* SPDX-License-Identifier: ISC */
/*
 * domain_cpu DOMID: prints how many nanoseconds the domain's first vcpu has run, Xen included, as Xen accounts them.
 * Under QEMU's -icount shift=0 that is the number of instructions. Runs in dom0; xl shows tenths of a second only.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <xenctrl.h>

int main(int argc, char **argv)
{
    xc_interface *xen = xc_interface_open(NULL, NULL, 0);
    xc_vcpuinfo_t info;

    if (argc != 2 || xen == NULL || xc_vcpu_getinfo(xen, (uint32_t)strtoul(argv[1], NULL, 10), 0, &info) != 0) {
        fprintf(stderr, "usage: domain_cpu DOMID (in dom0, of a domain that exists)\n");
        return 1;
    }
    printf("%" PRIu64 "\n", (uint64_t)info.cpu_time);
    xc_interface_close(xen);
    return 0;
}
