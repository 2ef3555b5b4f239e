#!/bin/busybox sh
# The first process of the guest: the root of the host, read-only, with a layer in RAM above it, and out of here.
# The kernel's command line says run=FOLDER: where guest.sh is, seen from the new root.
set -e
PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*; do insmod "$module" || echo "no $module"; done
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=loose,ro root /below
mount -t tmpfs above /above
mkdir /above/upper /above/work
mount -t overlay -o lowerdir=/below,upperdir=/above/upper,workdir=/above/work root /root
for folder in dev proc sys; do mount --move "/$folder" "/root/$folder"; done
run=$(sed -n 's/.*run=\([^ ]*\).*/\1/p' /root/proc/cmdline)
exec switch_root /root /bin/bash "$run/guest.sh"
