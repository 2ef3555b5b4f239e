meta:
  id: rhomboid_stream_v1
  title: The rhomboid stream, version 1
  license: Apache-2.0
  ks-version: "0.11"
  endian: le
  bit-endian: be
doc: |
  Every packet of rhomboid-stream-v1.md: what stream notifies, info holds, control takes and status notifies. A packet
  that a host has to refuse whatever came before it does not parse. What depends on earlier packets (a single sample
  that leans on a header, a clock that contradicts the sample index) is not for a description of bytes.
seq:
  - id: version
    type: b4
    valid: 1
  - id: kind
    type: b4
    enum: kind
    valid:
      in-enum: true
  - id: body
    type:
      switch-on: kind
      cases:
        'kind::batch': batch
        'kind::single': single
        'kind::info': info
        'kind::control': control
        'kind::status': status
enums:
  kind:
    1: batch
    2: single
    3: info
    4: control
    5: status
  acc_range:
    0: full_scale_2_g
    1: full_scale_4_g
    2: full_scale_8_g
    3: full_scale_16_g
  gyr_range:
    0: full_scale_125_dps
    1: full_scale_250_dps
    2: full_scale_500_dps
    3: full_scale_1000_dps
    4: full_scale_2000_dps
    8: count_4_375_mdps
    9: count_8_75_mdps
    10: count_17_5_mdps
    11: count_35_mdps
    12: count_70_mdps
  command:
    0: unasked
    1: start
    2: stop
    3: set_period
    4: set_ranges
    5: sync
    6: identify
  code:
    0: done
    1: unknown_command
    2: malformed
    3: unsupported_value
    4: not_now
    5: failed
types:
  ranges:
    seq:
      - id: acc
        type: b4
        enum: acc_range
        valid:
          in-enum: true
      - id: gyr
        type: b4
        enum: gyr_range
        valid:
          in-enum: true
    instances:
      acc_g_per_count:
        value: (2 << acc.to_i) / 32768.0
      gyr_dps_per_count:
        value: 'gyr.to_i < 8 ? (125 << gyr.to_i) / 32768.0 : 4.375 * (1 << (gyr.to_i - 8)) / 1000.0'
  sample:
    doc: As the IMU's registers hold it.
    seq:
      - id: acc
        type: s2
        repeat: expr
        repeat-expr: 3
      - id: gyr
        type: s2
        repeat: expr
        repeat-expr: 3
  batch:
    seq:
      - id: flags
        type: u1
        doc: Bit 0, samples were dropped in the sensor before this packet.
      - id: seq
        type: u2
      - id: index
        type: u4
        doc: Of the first sample here.
      - id: device_us
        type: u4
        doc: Of the last sample here.
      - id: n
        type: u1
        valid:
          expr: _io.size == 18 + 12 * _
      - id: ranges
        type: ranges
      - id: boot_id
        type: u2
      - id: period_us
        type: u2
        valid:
          min: 250
      - id: samples
        type: sample
        repeat: expr
        repeat-expr: n
    instances:
      dropped:
        value: (flags & 1) != 0
  single:
    seq:
      - id: seq
        type: u1
        valid:
          expr: _io.size == 20
        doc: The low 8 bits.
      - id: index
        type: u2
        doc: The low 16 bits.
      - id: device_us
        type: u4
      - id: sample
        type: sample
  info:
    doc: What follows the firmware's name was added by a later firmware and is ignored.
    seq:
      - id: most_samples
        type: u1
        valid:
          min: 1
      - id: boot_id
        type: u2
      - id: period_us
        type: u2
        valid:
          min: 250
      - id: ranges
        type: ranges
      - id: period_count
        type: u1
      - id: device_id
        size: 8
      - id: commands
        type: u2
        doc: Bit c, command c is obeyed.
      - id: acc_ranges
        type: u2
        doc: Bit c, accelerometer code c can be set.
      - id: gyr_ranges
        type: u2
        doc: Bit c, gyroscope code c can be set.
      - id: periods_us
        type: u2
        repeat: expr
        repeat-expr: period_count
        valid:
          min: 250
      - id: firmware_length
        type: u1
      - id: firmware
        type: str
        encoding: ASCII
        size: firmware_length
  control:
    seq:
      - id: command
        type: u1
        enum: command
        valid:
          expr: _io.size == 8
      - id: argument
        type: u2
      - id: token
        type: u4
  status:
    seq:
      - id: command
        type: u1
        enum: command
        valid:
          expr: _io.size == 17
      - id: code
        type: u1
        enum: code
      - id: state
        type: u1
        doc: Bit 0, streaming.
      - id: token
        type: u4
      - id: device_us
        type: u4
      - id: boot_id
        type: u2
      - id: period_us
        type: u2
        valid:
          min: 250
      - id: ranges
        type: ranges
