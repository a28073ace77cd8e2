// SPDX-License-Identifier: ISC
// A waiting place in virtual time: sleeping is what lets the server and the other threads of the test run.

#include <atman/testing/fake_xenstored.h>

namespace {

at_fake_xenstored_clock *Clock(void *ctx) { return static_cast<at_fake_xenstored_clock *>(ctx); }

uint64_t Now(void *ctx) { return Clock(ctx)->now_ns; }

void Wake(void *ctx) {
  Clock(ctx)->woken = true;
  Clock(ctx)->wakes++;
}

at_status Sleep(void *ctx, uint64_t deadline_ns) {
  at_fake_xenstored_clock *c = Clock(ctx);
  c->sleeps++;
  c->woken = false;
  if (c->now_ns >= deadline_ns) return AT_TIMED_OUT;
  bool active = c->on_sleep && c->on_sleep(c->sleep_ctx);
  if (c->server && at_fake_xenstored_step(c->server) != 0) {
    active = true;
    if (c->on_event) c->on_event(c->event_ctx);
  }
  if (active || c->woken) {
    c->now_ns += 1000;  // whatever is done takes time: a peer that is busy for ever does not stop the clock
    return c->strict && !c->woken ? Sleep(ctx, deadline_ns) : AT_OK;
  }
  if (deadline_ns == AT_NEVER) return AT_DEADLOCK;
  c->now_ns = deadline_ns;
  return AT_TIMED_OUT;
}

const at_wait_ops kOps = {Now, Sleep, Wake};

}  // namespace

struct at_wait at_fake_xenstored_wait(struct at_fake_xenstored_clock *clock) {
  return {&kOps, clock};
}
