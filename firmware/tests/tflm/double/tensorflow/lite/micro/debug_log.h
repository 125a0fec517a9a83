/* Both signatures that DebugLog has had. */
#include <cstdarg>
#include <cstddef>

extern "C" {
#ifdef DOUBLE_OF_2022
void DebugLog(const char *text);
#else
void DebugLog(const char *format, va_list arguments);
int DebugVsnprintf(char *buffer, size_t size, const char *format, va_list arguments);
#endif
}
