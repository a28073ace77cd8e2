// SPDX-License-Identifier: ISC
#include "loopback.h"

at_libc_socket_fn make_socket;
uint64_t now_ns = 1000000000;

void at_libc_file_init(struct at_libc_file *file, const struct at_libc_file_ops *ops) {
  memset(static_cast<void *>(file), 0, sizeof *file);
  file->ops = ops;
}
void at_libc_file_changed(struct at_libc_file *) {}
void at_libc_socket_provide(at_libc_socket_fn fn) { make_socket = fn; }

const at_wait_ops kLoopbackWait = {
    [](void *) { return now_ns; },
    [](void *, uint64_t deadline_ns) -> at_status {
      if (deadline_ns == AT_NEVER) return AT_DEADLOCK;
      now_ns = deadline_ns;
      return AT_TIMED_OUT;
    },
    [](void *) {},
};
