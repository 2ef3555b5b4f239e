/* The rhomboid stream, version 1: a packetiser for the sensor's side. C99; no allocation, no dependency, no floats.
 *
 * Samples go in one by one (rs_push), packets come out when the radio has room (rs_packet). Between them is a ring of
 * samples that the caller provides. When it is full the oldest sample is dropped, and the packet that follows the hole
 * says so. Nothing here locks: push and pack from one context, or keep the interrupt that pushes out of rs_packet.
 *
 * The bytes are described in rhomboid-stream-v1.md; the use of this file in README.md beside it.
 */
#ifndef RHOMBOID_STREAM_H
#define RHOMBOID_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* First byte of every packet: the version in the high four bits, the kind in the low. */
enum { RS_BATCH = 0x11, RS_SINGLE = 0x12, RS_INFO = 0x13, RS_CONTROL = 0x14, RS_STATUS = 0x15 };

enum { RS_HEADER_BYTES = 18, RS_SAMPLE_BYTES = 12, RS_SINGLE_BYTES = 20, RS_CONTROL_BYTES = 8, RS_STATUS_BYTES = 17 };

/* Flags of a batch, and the state in a status. */
enum { RS_FLAG_DROPPED = 0x01 };
enum { RS_STATE_STREAMING = 0x01 };

enum {
    RS_UNASKED = 0,
    RS_START = 1,
    RS_STOP = 2,
    RS_SET_PERIOD = 3,
    RS_SET_RANGES = 4,
    RS_SYNC = 5,
    RS_IDENTIFY = 6
};

enum {
    RS_DONE = 0,
    RS_UNKNOWN_COMMAND = 1,
    RS_MALFORMED = 2,
    RS_UNSUPPORTED_VALUE = 3,
    RS_NOT_NOW = 4,
    RS_FAILED = 5
};

/* The ranges byte of a batch, from an accelerometer and a gyroscope code. */
#define RS_RANGES(acc_code, gyr_code) ((uint8_t)((acc_code) << 4 | (gyr_code)))
/* The bit of a command or a range code in the info packet's masks. */
#define RS_BIT(number) ((uint16_t)(1u << (number)))

/* A place in the ring. */
typedef struct {
    uint32_t index;
    uint32_t device_us;
    int16_t counts[6];
    uint8_t ranges;
    uint8_t flags; /* RS_FLAG_DROPPED: samples are missing before this one */
} rs_sample;

/* The state of a stream. Read what you like, change it through the functions only. */
typedef struct {
    rs_sample *ring;
    uint16_t ring_length;
    uint16_t oldest;
    uint16_t queued;
    uint16_t seq; /* of the packet that is built next */
    uint16_t boot_id;
    uint16_t period_us;
    uint32_t next_index;
    uint32_t header_us; /* time of the sample before which the last header went out alone */
    uint8_t ranges;
    uint8_t header_ranges;
    uint8_t next_flags;
    bool header_due;
} rs_stream;

/* What a sensor is and can do; the masks have RS_BIT(number) set for every command and every range code it obeys. */
typedef struct {
    uint8_t device_id[8];
    uint8_t most_samples; /* that it ever puts in one packet, 1 to 255 */
    uint16_t commands;
    uint16_t acc_ranges;
    uint16_t gyr_ranges;
    const uint16_t *periods_us; /* that RS_SET_PERIOD takes, each 250 or more */
    uint8_t period_count;
    const char *firmware; /* ASCII, at most 255 characters */
} rs_about;

typedef struct {
    uint8_t command;
    uint16_t argument;
    uint32_t token;
} rs_command;

/* Once, at power-up. ring_length is 1 or more; a second of samples is a good size. Follow it with rs_begin. */
void rs_init(rs_stream *s, rs_sample *ring, uint16_t ring_length);

/* A new run of the sample index, from 0: at power-up, when sampling begins again after a stop, when the rate changes.
 * boot_id is random, and not the one before. Empties the ring; the sequence number goes on. */
void rs_begin(rs_stream *s, uint16_t boot_id, uint16_t period_us, uint8_t ranges);

/* From the next sample on the IMU works in these ranges. */
void rs_set_ranges(rs_stream *s, uint8_t ranges);

/* A sample, as the IMU's registers hold it (acc x y z, gyr x y z), and when it was taken. */
void rs_push(rs_stream *s, uint32_t device_us, const int16_t counts[6]);

/* The IMU took this many samples that nobody fetched (its FIFO ran over). */
void rs_missed(rs_stream *s, uint32_t samples);

/* A host has enabled notifications: single samples begin with a header again. */
void rs_announce(rs_stream *s);

/* Builds the next packet in out, which has room for that many bytes (ATT MTU - 3), and returns its length; 0 if there
 * is nothing to send yet. With room for a batch (30 bytes or more) it waits for at_least samples (1: send what there
 * is) and takes as many as fit; with less, single samples go out one a packet, after a header where one is due.
 *
 * The packet's samples have left the ring and its sequence number is spent. If the radio stack refuses it, offer the
 * same bytes again; if they are thrown away instead, the host sees the hole. */
size_t rs_packet(rs_stream *s, uint8_t *out, size_t room, uint16_t at_least);

/* The value of the info characteristic; returns its length, 0 if room is too small. */
size_t rs_pack_info(const rs_stream *s, const rs_about *about, uint8_t *out, size_t room);

/* Reads what was written to control. Returns RS_DONE, RS_UNKNOWN_COMMAND for what commands (a mask) has not, or
 * RS_MALFORMED, and then *out is all zero. In every case out is what the status answers. */
uint8_t rs_read_command(const uint8_t *data, size_t length, uint16_t commands, rs_command *out);

/* A status: the answer to a command that arrived at device_us, or, with a command of all zeros, told unasked. */
size_t rs_pack_status(const rs_stream *s, const rs_command *answered, uint8_t code, uint8_t state, uint32_t device_us,
                      uint8_t out[RS_STATUS_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
