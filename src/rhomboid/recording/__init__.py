"""Recordings on disk: the packet log (``.mcap``) written and read, and the CSV form.

A packet log is an MCAP file (profile ``rhomboid``, https://mcap.dev/spec) in which, in this order,

* the metadata record ``rhomboid.about`` says what was recorded, with which sensor and software (``layout.About``);
* schemas and channels stand outside the chunks, so that a damaged chunk takes none of them with it;
* chunks (zstd, with checksum) hold less than a second each: one message a notification, request, event or note.

The ``log_time`` of every message is the host's monotonic clock in nanoseconds. A notification's channel stands for its
characteristic (full UUID in the channel's metadata) and its message is the packet, byte for byte. Requests (what the
user asked of the signal core, in their place between the packets), events and notes are JSON.
A recording that was never closed lacks only the index at the end; everything up to its last whole chunk can be read.
"""
