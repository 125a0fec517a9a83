/* Where TFLM's messages go: nowhere. A board has one line, and that is the protocol's; engine_open() returns what
 * matters of them. The library's own functions would bring newlib's printf, more than 20 KB. */
#include <cstdarg>
#include <cstddef>
#include <type_traits>

/* Under another name, so that its type can be looked at and ours need not be the same. */
#define DebugLog DebugLogOfTheLibrary
#include "tensorflow/lite/micro/debug_log.h"
#undef DebugLog

using Declared = decltype(DebugLogOfTheLibrary);
static_assert(std::is_same_v<Declared, void(const char *)> || std::is_same_v<Declared, void(const char *, va_list)>,
              "this TFLM has a DebugLog that debug_log.cc does not know");

/* A finished string until the middle of 2023, a format and a va_list since then. Arguments are passed in registers that
 * the caller owns, so a function that looks at none of them can be called as either. */
extern "C" void DebugLog(const char *);
extern "C" void DebugLog(const char *) {}

/* TFLM since 2024; it lies beside DebugLog in the library, so leaving it out would bring both. */
extern "C" int DebugVsnprintf(char *buffer, size_t size, const char *format, va_list arguments);
extern "C" int DebugVsnprintf(char *buffer, size_t size, const char *, va_list) {
    if (size > 0) {
        buffer[0] = '\0';
    }
    return 0;
}
