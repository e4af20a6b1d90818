/// How a hypervisor starts a guest image that has no boot loader: with a kernel beside it.
public struct DirectBoot: Hashable, Sendable {
    /// The payload that is the kernel.
    public let kernel: String
    /// The payload that is the initial file system.
    public let initrd: String
    /// The kernel's command line.
    public let arguments: String

    public init(kernel: String, initrd: String, arguments: String) {
        self.kernel = kernel
        self.initrd = initrd
        self.arguments = arguments
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["kernel", "initrd", "arguments"])
        kernel = try cursor.required("kernel").name()
        initrd = try cursor.required("initrd").name()
        arguments = try cursor.required("arguments").string()
    }

    var json: JSONValue {
        ["kernel": .string(kernel), "initrd": .string(initrd), "arguments": .string(arguments)]
    }
}
