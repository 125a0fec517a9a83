/* The results of the newest vectors in wire form: those that wait to be sent, and those that were sent and are kept in
 * case the host asks for them again (docs/protocol.md section 3). */
#ifndef MCUBENCH_RESULTS_H
#define MCUBENCH_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#define RESULT_ITEM_BYTES 9 /* status, cycles, input CRC; the output tensor follows */

/* As at start: nothing is kept, and batches are large. */
void results_reset(void);

/* Forgets all; the next result is that of vector `next`, of the selected model. */
void results_restart(uint32_t next);

/* Size of a result of the selected model. */
uint32_t results_item_bytes(void);

/* The place for the next vector's result, which then waits. The oldest kept one makes room, and it must not be waiting.
 * NULL if such a result does not fit the store: it counts as sent, and is not kept. */
uint8_t *results_add(void);

/* The index of the oldest result that is kept, that of the next one if none is. */
uint32_t results_oldest(void);

/* Lets all results wait again that are kept of vector `index` and later, and makes batches smaller. */
void results_again(uint32_t index);

/* How many results wait, and whether a full batch of them does. */
uint32_t results_waiting(void);
bool results_batch_is_full(void);

/* The first waiting result and how many go into one frame with it. */
uint32_t results_batch(uint32_t *first);

/* Writes that batch into the frame that was begun. */
void results_write_batch(void);

#endif
