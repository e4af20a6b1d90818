/// An open file or directory; closed when it goes out of scope.
struct Descriptor: ~Copyable {
    let number: Int32

    /// Takes ownership of an open descriptor.
    init(owning number: Int32) { self.number = number }

    deinit { Kernel.close(number) }
}
