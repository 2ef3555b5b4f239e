#!/usr/bin/env bash
# What the virtual machine is made of, into the folder $1: Debian's kernel, unpacked and not installed, and a RAM disk.
# Installs the Debian packages that are missing (needs root). Written for Debian 12.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"

packages="qemu-system-x86 busybox-static cpio kmod bluez dbus iproute2"
# shellcheck disable=SC2086 # a list of words
if ! dpkg-query --show $packages >/dev/null 2>&1; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
fi

if [ ! -e kernel/ready ]; then
    rm -rf kernel ./*.deb
    apt-get update -qq
    package=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
    apt-get -qq -o APT::Sandbox::User=root download "$package"
    dpkg -x "$package"_*.deb kernel
    rm "$package"_*.deb
    depmod -b kernel "$(ls kernel/lib/modules)"
    touch kernel/ready
fi

# The RAM disk only has to mount the root of this machine; modules in the order in which they need each other.
version=$(ls kernel/lib/modules)
rm -rf disk
mkdir -p disk/bin disk/modules disk/proc disk/sys disk/dev disk/below disk/above disk/root
cp "$(command -v busybox)" disk/bin/busybox
install --mode=755 "$here/init.sh" disk/init
for module in virtio_pci 9pnet_virtio 9p overlay; do
    modprobe --dirname kernel --set-version "$version" --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r path; do
    cp "$path" "disk/modules/$(printf %02d "$(ls disk/modules | wc -l)")-$(basename "$path")"
done
(cd disk && find . | cpio --create --format=newc --quiet | gzip -1) >initrd.gz
cp kernel/boot/vmlinuz-* vmlinuz
