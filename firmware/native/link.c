#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#define IDLE_WAIT_MS 1
#define LISTENER_WAIT_MS 2000
#define SEND_BUFFER_BYTES 4096 /* a page: PIPE_BUF */

static int input_fd;
static int output_fd;
static uint8_t send_buffer[SEND_BUFFER_BYTES];
static size_t send_size;
static bool deaf; /* the last wait for somebody who reads was in vain */

/* The slave stays open here, so that the pty lives on when a host closes it. */
static bool make_slave_raw(const char *path) {
    struct termios settings;
    const int slave = open(path, O_RDWR | O_NOCTTY);
    if (slave < 0 || tcgetattr(slave, &settings) != 0) {
        return false;
    }
    cfmakeraw(&settings);
    return tcsetattr(slave, TCSANOW, &settings) == 0;
}

bool link_open_pty(void) {
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        perror("cannot open a pty");
        return false;
    }
    const char *path = ptsname(master);
    if (path == NULL || !make_slave_raw(path)) {
        perror("cannot set up the pty");
        return false;
    }
    /* A write that was promised room may still wait for more. Not so where a pipe has room for a page. */
    if (fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_NONBLOCK) != 0) {
        perror("cannot set up the pty");
        return false;
    }
    input_fd = master;
    output_fd = master;
    printf("pty %s\n", path);
    fflush(stdout);
    return true;
}

void link_open_stdio(void) {
    input_fd = STDIN_FILENO;
    output_fd = STDOUT_FILENO;
}

size_t link_read(uint8_t *data, size_t size, bool wait) {
    struct pollfd poller = {.fd = input_fd, .events = POLLIN};
    link_drain();
    if (poll(&poller, 1, wait ? IDLE_WAIT_MS : 0) <= 0) {
        return 0;
    }
    const ssize_t count = read(input_fd, data, size);
    if (count > 0) {
        return (size_t)count;
    }
    if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
        exit(EXIT_SUCCESS); /* standard input has ended */
    }
    return 0;
}

void link_write(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (send_size == sizeof send_buffer) {
            link_drain();
        }
        send_buffer[send_size++] = data[i];
    }
}

void link_drain(void) {
    struct pollfd poller = {.fd = output_fd, .events = POLLOUT};
    size_t sent = 0;
    while (sent < send_size) {
        deaf = poll(&poller, 1, deaf ? 0 : LISTENER_WAIT_MS) <= 0;
        if (deaf) {
            break;
        }
        const ssize_t count = write(output_fd, send_buffer + sent, send_size - sent);
        if (count < 0 && errno != EINTR && errno != EAGAIN) {
            break;
        }
        sent += count > 0 ? (size_t)count : 0;
    }
    send_size = 0;
}
