/* The ESP32 firmware with the fake ESP-IDF as a program with a pty, like firmware/native. A reset runs the program anew in
 * the same process, on the same pty. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <termios.h>
#include <ucontext.h>
#include <unistd.h>

#include "esp_system.h"
#include "fake_idf.h"

#define GUARD_BYTES 16 /* what FreeRTOS looks at whenever it switches tasks */

void app_main(void);

static void run_task(void) {
    fake_task.code(NULL);
}

/* A context and not a thread on that stack: a thread of glibc keeps some kilobytes of its own there. */
static void *run_core(void *unused) {
    ucontext_t context, here;
    getcontext(&context);
    context.uc_stack.ss_sp = fake_task.stack;
    context.uc_stack.ss_size = fake_task.stack_bytes;
    context.uc_link = NULL;
    makecontext(&context, run_task, 0);
    fake_run_on(fake_task.core);
    swapcontext(&here, &context);
    return unused;
}

/* The UART's interrupt, on whichever core the port gave it to. */
static void *receive(void *unused) {
    uint8_t data[256];
    for (;;) {
        const ssize_t size = read(fake_line, data, sizeof data);
        if (size > 0) {
            fake_uart_arrive(data, (size_t)size);
        }
        for (int i = 0; i < GUARD_BYTES; i++) {
            if (fake_task.stack[i] != FAKE_STACK_PAINT) {
                fputs("fake ESP-IDF: FreeRTOS would find its stack overrun\n", stderr);
                abort();
            }
        }
    }
    return unused;
}

static int open_pty(void) {
    struct termios settings;
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        return -1;
    }
    const int slave = open(ptsname(master), O_RDWR | O_NOCTTY); /* stays open, so that the pty outlives its host */
    if (slave < 0 || tcgetattr(slave, &settings) != 0) {
        return -1;
    }
    cfmakeraw(&settings);
    tcsetattr(slave, TCSANOW, &settings);
    printf("pty %s\n", ptsname(master));
    fflush(stdout);
    return master;
}

int main(int argc, char **argv) {
    const char *line = getenv("FAKE_LINE");
    pthread_t core, interrupt;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (argc == 3 && strcmp(argv[1], "--seconds") == 0) {
        alarm((unsigned)atoi(argv[2]));
    }
    fake_line = line != NULL ? atoi(line) : open_pty();
    fake_reset_reason = line != NULL ? ESP_RST_SW : ESP_RST_POWERON;
    fake_rtc_restore();
    app_main();
    if (fake_task.core != 1 || fake_uart_core != 0) {
        fputs("fake ESP-IDF: the benchmark must be on core 1 and the UART's interrupt on core 0\n", stderr);
        return EXIT_FAILURE;
    }
    if (fake_line < 0 || pthread_create(&core, NULL, run_core, NULL) != 0 ||
        pthread_create(&interrupt, NULL, receive, NULL) != 0) {
        fputs("fake ESP-IDF: no pty or no thread\n", stderr);
        return EXIT_FAILURE;
    }
    pthread_join(core, NULL);
    return EXIT_SUCCESS;
}
