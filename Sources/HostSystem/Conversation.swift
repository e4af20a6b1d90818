internal import SystemPackage

#if canImport(Darwin)
    private import Darwin
#elseif canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#endif

/// A program that is talked with: what is written it reads, what it writes is read here. It ends when its input does, so one that this
/// process leaves behind ends too, however this process ended.
public final class Conversation: Sendable {
    private let process: Int32
    private let program: String
    private let end: OwnedDescriptor

    /// Starts the program; what it says about errors is dropped.
    public init(with command: ExternalCommand) throws(SystemError) {
        var child = try command.child()
        let pair: (FileDescriptor, FileDescriptor)
        do throws(Errno) { pair = try SocketCalls.pair() } catch {
            throw SystemError("make a pipe for", command.program, error)
        }
        end = OwnedDescriptor(owning: pair.0)
        let other = OwnedDescriptor(owning: pair.1)
        let errors = OwnedDescriptor(owning: try Files<SystemError>.openForAppending("/dev/null"))
        (child.input, child.output, child.errors) = (other.descriptor, other.descriptor, errors.descriptor)
        program = command.program
        process = try child.spawn()
    }

    public func write(_ bytes: [UInt8]) throws(SystemError) {
        do throws(Errno) { try SocketCalls.writeAll(bytes, to: end.descriptor.rawValue) } catch {
            throw SystemError("write to", program, error)
        }
    }

    /// What has arrived, waiting at most so many milliseconds for it; nil when nothing came in time, empty when the program has ended its
    /// output.
    public func read(within milliseconds: Int) throws(SystemError) -> [UInt8]? {
        var entry = pollfd(fd: end.descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&entry, 1, Int32(clamping: max(0, milliseconds))) > 0 else { return nil }
        guard let bytes = SocketCalls.read(from: end.descriptor.rawValue) else {
            throw SystemError("read from", program, Errno(rawValue: errno))
        }
        return bytes
    }

    deinit {
        // The end of its input ends the program; one that does not heed that is not waited for.
        _ = shutdown(end.descriptor.rawValue, Int32(SHUT_RDWR))
        ProcessSignal.terminate.send(to: process)
        _ = try? ChildProcess.wait(for: process, program: program, timeLimit: 2)
    }
}
