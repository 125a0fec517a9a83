/* One process is the power supply: it opens the link and starts the core in a child. A reset is the child's end and a
 * new child, so that every byte of the core's memory is as after power-on. The child runs the core on a stack of its
 * own that is painted like a microcontroller's. */
#include "board.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core.h"
#include "link.h"

#define STACK_WORDS (256 * 1024 / 4) /* sanitizers need much more than a microcontroller has */
#define EXIT_RESET 77
#define EXIT_USAGE 2

static _Alignas(4096) uint32_t stack[STACK_WORDS];
static bool was_reset;
static kept_t *kept; /* shared between the power supply and all its cores */

void board_stack(const uint32_t **low, const uint32_t **high) {
    *low = stack;
    *high = stack + STACK_WORDS;
}

kept_t *board_kept(void) {
    return kept;
}

bool board_was_reset(void) {
    return was_reset;
}

void board_reset(void) {
    exit(EXIT_RESET);
}

static void *run_core(void *unused) {
    (void)unused;
    port_init();
    core_start();
    for (;;) {
        core_poll();
    }
    return NULL;
}

static int run_child(pid_t parent) {
    pthread_attr_t attributes;
    pthread_t thread;
    signal(SIGTERM, SIG_DFL);
    signal(SIGALRM, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < STACK_WORDS; i++) {
        stack[i] = PORT_STACK_PAINT;
    }
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, sizeof stack);
    if (pthread_create(&thread, &attributes, run_core, NULL) != 0) {
        perror("cannot start the core");
        return EXIT_FAILURE;
    }
    pthread_join(thread, NULL);
    return EXIT_SUCCESS;
}

/* The child goes with its parent (PR_SET_PDEATHSIG). */
static void power_off(int number) {
    (void)number;
    _exit(EXIT_SUCCESS);
}

/* A crash of the core is told of as a microcontroller would tell of it; where it happened is not known here. Returns
 * false for signals that come from outside. */
static bool record_crash(int number) {
    kept_crash_t crash = {0};
    switch (number) {
    case SIGSEGV:
    case SIGBUS:
        crash.kind = KEPT_BUS;
        break;
    case SIGILL:
    case SIGFPE:
        crash.kind = KEPT_USAGE;
        break;
    case SIGABRT:
        crash.kind = KEPT_EXIT;
        break;
    default:
        return false;
    }
    kept_crash(&crash);
    return true;
}

/* Starts the core again after each reset and each crash. Returns when it ends in any other way. */
static int run_board(void) {
    const pid_t parent = getpid();
    for (;;) {
        int status;
        const pid_t child = fork();
        if (child < 0) {
            perror("cannot start the core");
            return EXIT_FAILURE;
        }
        if (child == 0) {
            exit(run_child(parent));
        }
        waitpid(child, &status, 0);
        if (WIFSIGNALED(status) && !record_crash(WTERMSIG(status))) {
            fprintf(stderr, "the core was killed by signal %d\n", WTERMSIG(status));
            return EXIT_FAILURE;
        }
        if (WIFEXITED(status) && WEXITSTATUS(status) != EXIT_RESET) {
            return WEXITSTATUS(status);
        }
        was_reset = true;
    }
}

static int usage(void) {
    fputs("usage: board [--stdio] [--seconds N]\n", stderr);
    return EXIT_USAGE;
}

int main(int argc, char **argv) {
    bool stdio = false;
    kept = mmap(NULL, sizeof *kept, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (kept == MAP_FAILED) {
        perror("cannot share memory");
        return EXIT_FAILURE;
    }
    signal(SIGALRM, power_off);
    signal(SIGTERM, power_off);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--stdio") == 0) {
            stdio = true;
        } else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc && atoi(argv[i + 1]) > 0) {
            alarm((unsigned)atoi(argv[++i]));
        } else {
            return usage();
        }
    }
    if (stdio) {
        link_open_stdio();
    } else if (!link_open_pty()) {
        return EXIT_FAILURE;
    }
    return run_board();
}
