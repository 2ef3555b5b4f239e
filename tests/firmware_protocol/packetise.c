/* Obeys lines on stdin with the packetiser under test and prints what comes out, for test_c_packetiser.py.
 * Rings and buffers are allocated to the byte, so that the sanitiser sees any step outside. */
#include "rhomboid_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_hex(const uint8_t *data, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        printf("%02x", data[i]);
    }
    printf("\n");
}

/* Hex from text into a block of just that size. */
static uint8_t *read_hex(const char *text, size_t *length)
{
    unsigned byte;
    uint8_t *data;

    *length = strlen(text) / 2;
    data = malloc(*length + (*length == 0));
    for (size_t i = 0; i < *length && sscanf(text + 2 * i, "%2x", &byte) == 1; i++) {
        data[i] = (uint8_t)byte;
    }
    return data;
}

int main(void)
{
    static char line[2048], text[1024], name[300];
    rs_stream s;
    rs_sample *ring = NULL;
    uint16_t *periods;
    uint8_t *out;
    rs_about about;
    rs_command command;
    unsigned a, b, c, d, e;
    int counts[6];
    size_t length;

    while (fgets(line, sizeof line, stdin) != NULL) {
        if (sscanf(line, "init %u", &a) == 1) {
            free(ring);
            ring = malloc(a * sizeof *ring);
            rs_init(&s, ring, (uint16_t)a);
        } else if (sscanf(line, "begin %u %u %u", &a, &b, &c) == 3) {
            rs_begin(&s, (uint16_t)a, (uint16_t)b, (uint8_t)c);
        } else if (sscanf(line, "ranges %u", &a) == 1) {
            rs_set_ranges(&s, (uint8_t)a);
        } else if (sscanf(line, "push %u %d %d %d %d %d %d", &a, counts, counts + 1, counts + 2, counts + 3, counts + 4,
                          counts + 5) == 7) {
            int16_t sample[6];
            for (size_t i = 0; i < 6; i++) {
                sample[i] = (int16_t)counts[i];
            }
            rs_push(&s, a, sample);
        } else if (sscanf(line, "missed %u", &a) == 1) {
            rs_missed(&s, a);
        } else if (strcmp(line, "announce\n") == 0) {
            rs_announce(&s);
        } else if (sscanf(line, "packet %u %u", &a, &b) == 2) {
            out = malloc(a + (a == 0));
            print_hex(out, rs_packet(&s, out, a, (uint16_t)b));
            free(out);
        } else if (sscanf(line, "command %u %1023s", &a, text) == 2) {
            out = read_hex(strcmp(text, "-") == 0 ? "" : text, &length);
            b = rs_read_command(out, length, (uint16_t)a, &command);
            printf("%u %u %u %u\n", b, command.command, command.argument, (unsigned)command.token);
            free(out);
        } else if (sscanf(line, "status %u %u %u %u %u", &a, &b, &c, &d, &e) == 5) {
            command.command = (uint8_t)a;
            command.token = b;
            out = malloc(RS_STATUS_BYTES);
            print_hex(out, rs_pack_status(&s, &command, (uint8_t)c, (uint8_t)d, e, out));
            free(out);
        } else if (sscanf(line, "about %u %u %u %u %299s", &a, &b, &c, &d, name) == 5) {
            about.most_samples = (uint8_t)a;
            about.commands = (uint16_t)b;
            about.acc_ranges = (uint16_t)c;
            about.gyr_ranges = (uint16_t)d;
            for (char *dash = name; *dash != 0; dash++) {
                *dash = (char)(*dash == '_' ? ' ' : *dash);
            }
            about.firmware = name + 1; /* behind a mark, so that it may be empty */
        } else if (sscanf(line, "info %u %u %1023s", &a, &b, text) == 3) {
            /* room, number of periods; the device id and the periods in hex */
            uint8_t *facts = read_hex(text, &length);
            memcpy(about.device_id, facts, 8);
            periods = malloc(b * sizeof *periods + (b == 0));
            for (size_t i = 0; i < b; i++) {
                periods[i] = (uint16_t)(facts[8 + 2 * i] | facts[9 + 2 * i] << 8);
            }
            about.periods_us = periods;
            about.period_count = (uint8_t)b;
            out = malloc(a + (a == 0));
            print_hex(out, rs_pack_info(&s, &about, out, a));
            free(out);
            free(periods);
            free(facts);
        } else {
            fprintf(stderr, "not understood: %s", line);
            return 1;
        }
    }
    free(ring);
    return 0;
}
