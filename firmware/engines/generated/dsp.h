/* The handful of DSP-extension instructions that the kernels use (Armv7-M Architecture Reference Manual, DDI 0403, A7.7).
 *
 * With the extension they are the instructions, without it the same functions in C, so that the DSP kernels can be built
 * and compared bit for bit on a PC (-DMCUBENCH_KERNELS_DSP=1). Little-endian. */
#ifndef MCUBENCH_DSP_H
#define MCUBENCH_DSP_H

#include <stdint.h>
#include <string.h>

#ifdef __ARM_FEATURE_DSP
#define DSP_INSTRUCTIONS 1
#else
#define DSP_INSTRUCTIONS 0
#endif

/* Whether to build the inner loops in assembly. They take every register there is, but a compiler that does not optimise
 * keeps one for the frame and has the loops in C. */
#if DSP_INSTRUCTIONS && defined(__OPTIMIZE__)
#define DSP_LOOPS 1
#else
#define DSP_LOOPS 0
#endif

/* Which kernels to build: those made for the DSP extension, or plain C. */
#ifndef MCUBENCH_KERNELS_DSP
#define MCUBENCH_KERNELS_DSP DSP_INSTRUCTIONS
#endif

/* For inner loops: inlined into what calls them, they would share its registers. */
#define DSP_APART __attribute__((noinline))

/* A word from any address: Armv7-M loads and stores single words unaligned (DDI 0403, A3.2.1). */
static inline uint32_t dsp_load(const void *address) {
    uint32_t word;
    memcpy(&word, address, sizeof(word));
    return word;
}

static inline void dsp_store(void *address, uint32_t word) {
    memcpy(address, &word, sizeof(word));
}

#if DSP_INSTRUCTIONS

#define DSP_TERNARY(name, instruction)                                                                                 \
    static inline int32_t name(uint32_t a, uint32_t b, int32_t sum) {                                                  \
        int32_t result;                                                                                                \
        __asm__(instruction " %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));                              \
        return result;                                                                                                 \
    }

/* sum + a.lo x b.lo + a.hi x b.hi; a.lo x b.lo; a.hi x b.hi; a.lo x b.hi; a.hi x b.lo */
DSP_TERNARY(dsp_smlad, "smlad")
DSP_TERNARY(dsp_smlabb, "smlabb")
DSP_TERNARY(dsp_smlatt, "smlatt")
DSP_TERNARY(dsp_smlabt, "smlabt")
DSP_TERNARY(dsp_smlatb, "smlatb")
/* sum + a x b / 2^32, rounded half up */
DSP_TERNARY(dsp_smmlar, "smmlar")

/* Bytes 0 and 2, sign-extended to halfwords. */
static inline uint32_t dsp_sxtb16(uint32_t bytes) {
    uint32_t result;
    __asm__("sxtb16 %0, %1" : "=r"(result) : "r"(bytes));
    return result;
}

/* Bytes 1 and 3. */
static inline uint32_t dsp_sxtb16_odd(uint32_t bytes) {
    uint32_t result;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(bytes));
    return result;
}

/* Saturated to -128 ... 127. */
static inline int32_t dsp_ssat8(int32_t value) {
    int32_t result;
    __asm__("ssat %0, #8, %1" : "=r"(result) : "r"(value));
    return result;
}

/* Half of a value, rounded down and saturated to -128 ... 127. */
static inline int32_t dsp_ssat8_half(int32_t value) {
    int32_t result;
    __asm__("ssat %0, #8, %1, asr #1" : "=r"(result) : "r"(value));
    return result;
}

/* low.lo and high.lo; low.hi and high.hi */
static inline uint32_t dsp_pack(uint32_t low, uint32_t high) {
    uint32_t result;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(result) : "r"(low), "r"(high));
    return result;
}

static inline uint32_t dsp_pack_high(uint32_t low, uint32_t high) {
    uint32_t result;
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(result) : "r"(high), "r"(low));
    return result;
}

/* The larger of each pair of signed bytes: SSUB8 sets the GE flags that SEL reads. */
static inline uint32_t dsp_max8(uint32_t a, uint32_t b) {
    uint32_t result;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(result) : "r"(a), "r"(b) : "cc");
    return result;
}

#else

static inline int32_t dsp_half(uint32_t word, unsigned shift) {
    return (int16_t)(word >> shift);
}

static inline int32_t dsp_smlabb(uint32_t a, uint32_t b, int32_t sum) {
    return (int32_t)((uint32_t)sum + (uint32_t)(dsp_half(a, 0) * dsp_half(b, 0)));
}

static inline int32_t dsp_smlatt(uint32_t a, uint32_t b, int32_t sum) {
    return (int32_t)((uint32_t)sum + (uint32_t)(dsp_half(a, 16) * dsp_half(b, 16)));
}

static inline int32_t dsp_smlabt(uint32_t a, uint32_t b, int32_t sum) {
    return dsp_smlabb(a, b >> 16, sum);
}

static inline int32_t dsp_smlatb(uint32_t a, uint32_t b, int32_t sum) {
    return dsp_smlabb(a >> 16, b, sum);
}

static inline int32_t dsp_smlad(uint32_t a, uint32_t b, int32_t sum) {
    return dsp_smlatt(a, b, dsp_smlabb(a, b, sum));
}

static inline int32_t dsp_smmlar(uint32_t a, uint32_t b, int32_t sum) {
    int64_t product = (int64_t)(int32_t)a * (int32_t)b + ((int64_t)1 << 31);
    return (int32_t)((uint32_t)sum + (uint32_t)(product >> 32));
}

static inline uint32_t dsp_sxtb16(uint32_t bytes) {
    return (uint32_t)(uint16_t)(int8_t)bytes | (uint32_t)(uint16_t)(int8_t)(bytes >> 16) << 16;
}

static inline uint32_t dsp_sxtb16_odd(uint32_t bytes) {
    return dsp_sxtb16(bytes >> 8);
}

static inline int32_t dsp_ssat8(int32_t value) {
    return value < INT8_MIN ? INT8_MIN : value > INT8_MAX ? INT8_MAX : value;
}

static inline int32_t dsp_ssat8_half(int32_t value) {
    return dsp_ssat8(value >> 1);
}

static inline uint32_t dsp_pack(uint32_t low, uint32_t high) {
    return (low & 0xFFFFu) | high << 16;
}

static inline uint32_t dsp_pack_high(uint32_t low, uint32_t high) {
    return low >> 16 | (high & 0xFFFF0000u);
}

static inline uint32_t dsp_max8(uint32_t a, uint32_t b) {
    uint32_t result = 0;
    for (unsigned shift = 0; shift < 32; shift += 8) {
        uint32_t lane = (int8_t)(a >> shift) > (int8_t)(b >> shift) ? a : b;
        result |= lane & (0xFFu << shift);
    }
    return result;
}

#endif

#endif
