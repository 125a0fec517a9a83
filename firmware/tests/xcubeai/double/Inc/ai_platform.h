/* A test double of ST's header of this name: what engine.c and the tests use of it, written from the signatures in
 * public projects (docs/xcubeai.md). ST's own files are never in this repository. */
#ifndef AI_PLATFORM_H
#define AI_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef bool ai_bool;
typedef uint16_t ai_u16;
typedef uint32_t ai_u32;
typedef int32_t ai_i32;
typedef uint32_t ai_size;
typedef uint32_t ai_flags;
typedef void *ai_handle;
typedef int32_t ai_buffer_format;

#define AI_HANDLE_PTR(pointer) ((ai_handle)(pointer))
#define AI_HANDLE_NULL AI_HANDLE_PTR(NULL)

/* A format: float in bit 24, sign in bit 23, kind from bit 17, bits of an element from bit 7. */
#define AI_BUFFER_FMT_GET(format) ((ai_buffer_format)(format) & 0x01FFFFFF)
#define AI_BUFFER_FORMAT(buffer) AI_BUFFER_FMT_GET((buffer)->format)
#define AI_BUFFER_FMT_GET_SIGN(format) (((ai_buffer_format)(format) >> 23) & 1)
#define AI_BUFFER_FMT_GET_TYPE(format) (((ai_buffer_format)(format) >> 17) & 15)
#define AI_BUFFER_FMT_GET_BITS(format) (((ai_buffer_format)(format) >> 7) & 127)
#define DOUBLE_FORMAT(kind, sign, is_float, bits) \
    (((is_float) << 24) | ((sign) << 23) | ((kind) << 17) | ((bits) << 7) | 64)

enum {
    AI_BUFFER_FORMAT_FLOAT = DOUBLE_FORMAT(1, 1, 1, 32),
    AI_BUFFER_FORMAT_U8 = DOUBLE_FORMAT(2, 0, 0, 8),
    AI_BUFFER_FORMAT_S8 = DOUBLE_FORMAT(2, 1, 0, 8),
    AI_BUFFER_FORMAT_S16 = DOUBLE_FORMAT(2, 1, 0, 16),
    AI_BUFFER_FORMAT_S32 = DOUBLE_FORMAT(2, 1, 0, 32),
};

typedef struct ai_error_ {
    ai_u32 type : 8;
    ai_u32 code : 24;
} ai_error;

enum {
    AI_ERROR_NONE = 0x00,
    AI_ERROR_INVALID_HANDLE = 0x10,
    AI_ERROR_INVALID_STATE = 0x11,
    AI_ERROR_INVALID_PARAM = 0x14,
    AI_ERROR_INIT_FAILED = 0x30,
    AI_ERROR_ALLOCATION_FAILED = 0x31,
    AI_ERROR_CREATE_FAILED = 0x33,
};

enum {
    AI_ERROR_CODE_NONE = 0x0000,
    AI_ERROR_CODE_NETWORK = 0x0010,
    AI_ERROR_CODE_NETWORK_WEIGHTS = 0x0012,
    AI_ERROR_CODE_NETWORK_ACTIVATIONS = 0x0013,
};

typedef struct ai_buffer_meta_info_ ai_buffer_meta_info;

typedef struct ai_buffer_shape_ {
    ai_u32 type : 8;
    ai_u32 size : 24;
    uint32_t *data;
} ai_buffer_shape;

typedef struct ai_buffer_ {
    ai_buffer_format format;
    ai_handle data;
    ai_buffer_meta_info *meta_info;
    ai_flags flags;
    ai_size size; /* elements */
    ai_buffer_shape shape;
} ai_buffer;

#endif
