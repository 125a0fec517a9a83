#include "results.h"

#include <stddef.h>
#include <string.h>

#include "frame.h"
#include "session.h"

/* When a host misses a RESULT and asks for it, a window full of vectors is run before its AGAIN is read. Their results
 * must not push out the one that it asks for. A window has 41 vectors of 784 bytes, whose results have 19 bytes. */
#define STORE_BYTES 2048
#define BATCH_BYTES 448 /* the largest batch; with what a frame has around it, it fits the ports' transmit buffers */
#define SHRUNK_MOST 5   /* BATCH_BYTES >> 5 is less than two results */
#define CALM_RESULTS 64 /* after so many new ones without AGAIN, batches double */

_Static_assert(BATCH_BYTES / RESULT_ITEM_BYTES <= UINT8_MAX, "the count of a RESULT has 8 bits");
_Static_assert((BATCH_BYTES >> SHRUNK_MOST) < 2 * RESULT_ITEM_BYTES, "down to one result");

/* Beside the receive ring, as the pool of hold.c is: what of it is valid follows from the numbers below. */
static uint8_t store[STORE_BYTES] __attribute__((section(".bss.hold")));

static struct {
    uint32_t next;    /* the vector whose result comes next */
    uint32_t kept;    /* results before `next`, ... */
    uint32_t waiting; /* ... and how many of them, the newest, are to be sent */
    uint32_t shrunk;  /* how often batches were halved */
    uint32_t calm;    /* new results since AGAIN, or since batches grew */
} results;

void results_reset(void) {
    memset(&results, 0, sizeof results);
}

void results_restart(uint32_t next) {
    results.next = next;
    results.kept = 0;
    results.waiting = 0;
}

uint32_t results_item_bytes(void) {
    return RESULT_ITEM_BYTES + session_model()->output_bytes;
}

/* How many results the store has places for. */
static uint32_t places(void) {
    return STORE_BYTES / results_item_bytes();
}

static uint8_t *place_of(uint32_t index) {
    return store + index % places() * results_item_bytes();
}

uint8_t *results_add(void) {
    const uint32_t index = results.next++;
    if (++results.calm == CALM_RESULTS) {
        results.calm = 0;
        results.shrunk -= results.shrunk > 0;
    }
    if (places() == 0) {
        return NULL;
    }
    results.kept += results.kept < places();
    results.waiting++;
    return place_of(index);
}

uint32_t results_oldest(void) {
    return results.next - results.kept;
}

/* Smaller frames survive a bad line more often. */
void results_again(uint32_t index) {
    const uint32_t wanted = index < results.next ? results.next - index : 0;
    const uint32_t found = wanted < results.kept ? wanted : results.kept;
    if (found > results.waiting) {
        results.waiting = found;
    }
    results.shrunk += results.shrunk < SHRUNK_MOST;
    results.calm = 0;
}

uint32_t results_waiting(void) {
    return results.waiting;
}

static uint32_t batch_most(void) {
    const uint32_t most = (BATCH_BYTES >> results.shrunk) / results_item_bytes();
    return most > 0 ? most : 1;
}

bool results_batch_is_full(void) {
    return results.waiting >= batch_most();
}

uint32_t results_batch(uint32_t *first) {
    const uint32_t most = batch_most();
    *first = results.next - results.waiting;
    return results.waiting < most ? results.waiting : most;
}

void results_write_batch(void) {
    uint32_t index;
    for (uint32_t count = results_batch(&index); count > 0; count--) {
        frame_write(place_of(index++), results_item_bytes());
        results.waiting--;
    }
}
