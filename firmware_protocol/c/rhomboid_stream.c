#include "rhomboid_stream.h"

#include <string.h>

#define HEADER_EVERY_US 1000000u
#define MOST_SAMPLES 255u

/* Every number goes out byte by byte, so the byte order and the alignment of the machine do not matter. */
static uint8_t *put8(uint8_t *at, uint8_t value)
{
    *at = value;
    return at + 1;
}

static uint8_t *put16(uint8_t *at, uint16_t value)
{
    at = put8(at, (uint8_t)(value & 0xFFu));
    return put8(at, (uint8_t)(value >> 8));
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
    at = put16(at, (uint16_t)(value & 0xFFFFu));
    return put16(at, (uint16_t)(value >> 16));
}

static uint8_t *put_counts(uint8_t *at, const rs_sample *sample)
{
    for (size_t i = 0; i < 6; i++) {
        at = put16(at, (uint16_t)sample->counts[i]);
    }
    return at;
}

static rs_sample *queued_at(const rs_stream *s, size_t place)
{
    return &s->ring[((size_t)s->oldest + place) % s->ring_length];
}

static void let_go(rs_stream *s, size_t samples)
{
    s->oldest = (uint16_t)(((size_t)s->oldest + samples) % s->ring_length);
    s->queued = (uint16_t)(s->queued - samples);
}

void rs_init(rs_stream *s, rs_sample *ring, uint16_t ring_length)
{
    memset(s, 0, sizeof *s);
    s->ring = ring;
    s->ring_length = ring_length;
}

void rs_begin(rs_stream *s, uint16_t boot_id, uint16_t period_us, uint8_t ranges)
{
    s->boot_id = boot_id;
    s->period_us = period_us;
    s->ranges = ranges;
    s->oldest = s->queued = 0;
    s->next_index = 0;
    s->next_flags = 0;
    s->header_due = true;
}

void rs_set_ranges(rs_stream *s, uint8_t ranges)
{
    s->ranges = ranges;
}

void rs_push(rs_stream *s, uint32_t device_us, const int16_t counts[6])
{
    bool full = s->queued == s->ring_length;
    rs_sample *sample;

    if (full) {
        let_go(s, 1);
    }
    sample = queued_at(s, s->queued++);
    sample->index = s->next_index++;
    sample->device_us = device_us;
    memcpy(sample->counts, counts, sizeof sample->counts);
    sample->ranges = s->ranges;
    sample->flags = s->next_flags;
    s->next_flags = 0;
    if (full) {
        queued_at(s, 0)->flags |= RS_FLAG_DROPPED;
    }
}

void rs_missed(rs_stream *s, uint32_t samples)
{
    if (samples > 0) {
        s->next_index += samples;
        s->next_flags = RS_FLAG_DROPPED;
    }
}

void rs_announce(rs_stream *s)
{
    s->header_due = true;
}

static uint8_t *put_header(rs_stream *s, uint8_t *at, const rs_sample *first, const rs_sample *last, size_t n)
{
    at = put8(at, RS_BATCH);
    at = put8(at, first->flags);
    at = put16(at, s->seq++);
    at = put32(at, first->index);
    at = put32(at, last->device_us);
    at = put8(at, (uint8_t)n);
    at = put8(at, first->ranges);
    at = put16(at, s->boot_id);
    return put16(at, s->period_us);
}

/* A batch ends where samples are missing and where the ranges change. */
static size_t pack_batch(rs_stream *s, uint8_t *out, size_t most)
{
    const rs_sample *first = queued_at(s, 0);
    uint8_t *at;
    size_t n = 1;

    while (n < most && n < s->queued && queued_at(s, n)->flags == 0 && queued_at(s, n)->ranges == first->ranges) {
        n++;
    }
    at = put_header(s, out, first, queued_at(s, n - 1), n);
    for (size_t i = 0; i < n; i++) {
        at = put_counts(at, queued_at(s, i));
    }
    let_go(s, n);
    return (size_t)(at - out);
}

/* The header says what single samples have no room for; it goes before one and takes none. */
static size_t pack_single(rs_stream *s, uint8_t *out)
{
    rs_sample *first = queued_at(s, 0);
    uint8_t *at = out;

    if (s->header_due || first->flags != 0 || first->ranges != s->header_ranges ||
        (uint32_t)(first->device_us - s->header_us) >= HEADER_EVERY_US) {
        at = put_header(s, at, first, first, 0);
        s->header_due = false;
        s->header_ranges = first->ranges;
        s->header_us = first->device_us;
        first->flags = 0;
        return (size_t)(at - out);
    }
    at = put8(at, RS_SINGLE);
    at = put8(at, (uint8_t)(s->seq++ & 0xFFu));
    at = put16(at, (uint16_t)(first->index & 0xFFFFu));
    at = put32(at, first->device_us);
    at = put_counts(at, first);
    let_go(s, 1);
    return (size_t)(at - out);
}

size_t rs_packet(rs_stream *s, uint8_t *out, size_t room, uint16_t at_least)
{
    size_t most;

    if (s->queued == 0 || room < RS_SINGLE_BYTES) {
        return 0;
    }
    if (room < RS_HEADER_BYTES + RS_SAMPLE_BYTES) {
        return pack_single(s, out);
    }
    if (s->queued < at_least) {
        return 0;
    }
    most = (room - RS_HEADER_BYTES) / RS_SAMPLE_BYTES;
    return pack_batch(s, out, most < MOST_SAMPLES ? most : MOST_SAMPLES);
}

size_t rs_pack_info(const rs_stream *s, const rs_about *about, uint8_t *out, size_t room)
{
    size_t letters = strlen(about->firmware);
    uint8_t *at = out;

    if (letters > 255 || room < 23u + 2u * (size_t)about->period_count + letters) {
        return 0;
    }
    at = put8(at, RS_INFO);
    at = put8(at, about->most_samples);
    at = put16(at, s->boot_id);
    at = put16(at, s->period_us);
    at = put8(at, s->ranges);
    at = put8(at, about->period_count);
    memcpy(at, about->device_id, sizeof about->device_id);
    at += sizeof about->device_id;
    at = put16(at, about->commands);
    at = put16(at, about->acc_ranges);
    at = put16(at, about->gyr_ranges);
    for (size_t i = 0; i < about->period_count; i++) {
        at = put16(at, about->periods_us[i]);
    }
    at = put8(at, (uint8_t)letters);
    memcpy(at, about->firmware, letters);
    return (size_t)(at - out) + letters;
}

uint8_t rs_read_command(const uint8_t *data, size_t length, uint16_t commands, rs_command *out)
{
    memset(out, 0, sizeof *out);
    if (length != RS_CONTROL_BYTES || data[0] != RS_CONTROL) {
        return RS_MALFORMED;
    }
    out->command = data[1];
    out->argument = (uint16_t)(data[2] | (unsigned)data[3] << 8);
    out->token = (uint32_t)data[4] | (uint32_t)data[5] << 8 | (uint32_t)data[6] << 16 | (uint32_t)data[7] << 24;
    if (out->command == RS_UNASKED || out->command > 15 || (commands >> out->command & 1) == 0) {
        return RS_UNKNOWN_COMMAND;
    }
    return RS_DONE;
}

size_t rs_pack_status(const rs_stream *s, const rs_command *answered, uint8_t code, uint8_t state, uint32_t device_us,
                      uint8_t out[RS_STATUS_BYTES])
{
    uint8_t *at = put8(out, RS_STATUS);

    at = put8(at, answered->command);
    at = put8(at, code);
    at = put8(at, state);
    at = put32(at, answered->token);
    at = put32(at, device_us);
    at = put16(at, s->boot_id);
    at = put16(at, s->period_us);
    at = put8(at, s->ranges);
    return (size_t)(at - out);
}
