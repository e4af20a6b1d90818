internal import SystemPackage

/// A file descriptor with one owner, closed when the owner goes.
struct OwnedDescriptor: ~Copyable {
    let descriptor: FileDescriptor

    init(owning descriptor: FileDescriptor) { self.descriptor = descriptor }

    deinit {
        // Nothing can be done about an error here: what must be on disk has been synchronised before.
        try? descriptor.close()
    }
}
