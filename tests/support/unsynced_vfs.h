// A file system under SQLite that keeps what is written in memory until it is synced, so that a
// power cut can be had: kill -9 does not show a missing fsync, the kernel still writes.
#pragma once

namespace guanxi::tests {

// The name under which SQLite knows it. Registered by the first call of any function here.
const char* unsynced_vfs();

// All writes not yet synced are lost. Files opened before fail from now on; opened anew they hold
// what was synced.
void cut_power();

// While true, writes fail as on a full disk.
void set_disk_full(bool full);

}  // namespace guanxi::tests
