public import SystemPackage

#if canImport(Darwin)
    private import Darwin
#elseif canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#endif

/// A passphrase or the text of a private key: in memory of its own, which is overwritten when its owner goes.
@safe
public struct SecretBytes: ~Copyable, @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer
    public private(set) var count = 0

    /// - Parameter capacity: the most bytes that it takes.
    public init(capacity: Int) {
        unsafe memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(capacity, 1), alignment: 1)
    }

    deinit {
        unsafe Self.erase(memory)
        unsafe memory.deallocate()
    }

    /// What `body` gives, which may look at the bytes and keeps none of them.
    public borrowing func withBytes<Value, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try unsafe body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }

    /// False when there is no room for another.
    public mutating func append(_ byte: UInt8) -> Bool {
        guard count < (unsafe memory.count) else { return false }
        unsafe memory[count] = byte
        count += 1
        return true
    }

    public mutating func removeLast() {
        guard count > 0 else { return }
        count -= 1
        unsafe memory[count] = 0
    }

    public mutating func removeAll() {
        unsafe Self.erase(memory)
        count = 0
    }

    /// Only the first line is kept, without its end: LF, or CR LF.
    public mutating func keepFirstLine() {
        for index in 0..<count where unsafe memory[index] == 10 {
            let isPair = unsafe index > 0 && memory[index - 1] == 13
            while count > (isPair ? index - 1 : index) { removeLast() }
            return
        }
    }

    /// Reads a descriptor to its end.
    ///
    /// - Returns: false when more than the capacity comes.
    public mutating func read(from file: FileDescriptor) throws(Errno) -> Bool {
        while true {
            let got: Int
            do {
                // One byte when it is full, to see whether that is the end.
                if count == (unsafe memory.count) {
                    var next: UInt8 = 0
                    got = try unsafe withUnsafeMutableBytes(of: &next) { try unsafe file.read(into: $0) }
                    return got == 0
                }
                got = try unsafe file.read(into: UnsafeMutableRawBufferPointer(rebasing: memory[count...]))
            } catch { throw error as? Errno ?? .ioError }
            if got == 0 { return true }
            count += got
        }
    }

    /// Overwrites, in a way that no optimiser takes for useless.
    public static func erase(_ memory: UnsafeMutableRawBufferPointer) {
        guard let start = memory.baseAddress else { return }
        #if canImport(Darwin)
            _ = unsafe memset_s(start, memory.count, 0, memory.count)
        #else
            unsafe explicit_bzero(start, memory.count)
        #endif
    }

    /// The same for an array that held something secret for a moment.
    public static func erase(_ bytes: inout [UInt8]) {
        unsafe bytes.withUnsafeMutableBytes { unsafe erase($0) }
        bytes = []
    }
}

/// What a person types at the terminal and nobody may see.
public enum SecretPrompt: ~Copyable {
    case typed(SecretBytes)
    case noTerminal
    /// Control-C, or the end of input.
    case cancelled
    case tooLong

    /// Asks on the terminal of this process, whatever its standard streams are, without showing what is typed.
    ///
    /// - Parameter limit: the most bytes.
    public static func ask(_ question: String, limit: Int = 1024) -> SecretPrompt {
        guard let device = try? FileDescriptor.open(FilePath("/dev/tty"), .readWrite, options: .closeOnExec) else {
            return .noTerminal
        }
        let terminal = OwnedDescriptor(owning: device)
        // Every key comes here, Control-C too: the terminal is then left as it was.
        guard let raw = RawTerminal.enter(device.rawValue) else { return .noTerminal }
        defer {
            raw.leave()
            _ = try? terminal.descriptor.writeAll("\n".utf8)
        }
        _ = try? terminal.descriptor.writeAll(question.utf8)
        var typed = SecretBytes(capacity: limit)
        while true {
            var key: UInt8 = 0
            let got = try? unsafe withUnsafeMutableBytes(of: &key) { try unsafe terminal.descriptor.read(into: $0) }
            guard got == 1 else { return .cancelled }
            switch key {
            case 10, 13: return .typed(typed)
            case 3: return .cancelled
            case 4: if typed.count == 0 { return .cancelled }
            case 8, 127:
                // A character of UTF-8 goes as a whole.
                while unsafe typed.withBytes({ unsafe $0.last.map { $0 & 0xC0 == 0x80 } ?? false }) {
                    typed.removeLast()
                }
                typed.removeLast()
            case 21: typed.removeAll()
            default: guard typed.append(key) else { return .tooLong }
            }
        }
    }
}
