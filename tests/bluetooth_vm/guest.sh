#!/usr/bin/env bash
# The guest's user space: what Bluetooth needs, then the scene, then the power off. /mnt is shared with the host:
# scene.sh is there, and what is written there stays.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
for folder in /run /var/lib/bluetooth /dev/shm; do
    mkdir -p "$folder"
    mount -t tmpfs ram "$folder"
done
mkdir -p /run/dbus /dev/pts
mount -t devpts pts /dev/pts
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 out /mnt
ip link set lo up
modules=$(sed -n 's/.*modules=\([^ ]*\).*/\1/p' /proc/cmdline)
mkdir -p /lib/modules
ln -sfn "$modules/$(uname -r)" "/lib/modules/$(uname -r)"
{
    modprobe hci_vhci
    dbus-daemon --system --fork
    exec /usr/libexec/bluetooth/bluetoothd --nodetach >/mnt/bluetoothd.log 2>&1
} & # the scene takes longer to load
echo "the guest is up after $(cut -d' ' -f1 /proc/uptime) s"
bash /mnt/scene.sh
echo $? >/mnt/status
sync
echo o >/proc/sysrq-trigger
wait # the first process must not end, and bluetoothd does not
