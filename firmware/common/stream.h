/* Vectors in, results out (docs/protocol.md section 3). */
#ifndef MCUBENCH_STREAM_H
#define MCUBENCH_STREAM_H

#include <stddef.h>
#include <stdint.h>

/* What `info` announces: wire bytes that may be on their way, and vector bytes of one DATA frame. */
uint32_t stream_window_bytes(void);
uint32_t stream_frame_bytes(void);

/* What `info` says of DATA out of order: how far ahead it is kept, and in pieces of how many bytes. */
uint32_t stream_hold_bytes(void);
uint32_t stream_grain_bytes(void);

/* Frames dropped since boot because their code, length or CRC was wrong. */
uint32_t stream_crc_errors(void);

/* To be called after a model was selected: the stream starts at offset 0. */
void stream_restart(void);

/* Handles a coded frame body (it is decoded in place), or reports one that was too long to keep. */
void stream_handle_body(uint8_t *body, size_t size);
void stream_drop_body(void);

/* Sends the results that wait, if they wait too long or, stream_flush, if nothing more is to be expected. */
void stream_poll(void);
void stream_flush(void);

#endif
