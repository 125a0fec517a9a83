/* What the tables of virtual functions of C++ objects refer to, instead of libstdc++ with a heap below it. No object is
 * made with new here, so none is deleted; a call of one of these is a bug, and a fault shows where. */

using Size = decltype(sizeof 0);

void operator delete(void *) noexcept {
    __builtin_trap();
}

void operator delete(void *, Size) noexcept {
    __builtin_trap();
}

extern "C" [[noreturn]] void __cxa_pure_virtual();
extern "C" [[noreturn]] void __cxa_pure_virtual() {
    __builtin_trap();
}
