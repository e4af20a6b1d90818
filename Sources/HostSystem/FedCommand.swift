private import Foundation
import Synchronization
import SystemPackage

extension ExternalCommand {
    /// Gives a program what it reads, piece by piece.
    public typealias Feed = @Sendable (_ write: ([UInt8]) throws -> Void) throws -> Void

    /// Runs the program to its end on the calling thread, hands on its output as it comes, and feeds its standard input meanwhile: what it
    /// reads may be of any length and is in no file. What it is told beside that it finds under `/dev/fd/3`.
    ///
    /// - Parameter feed: works on a thread of its own. A program that does not want the rest is no error; what `feed` itself throws is,
    ///   and ends the program's input.
    public func stream<Failure: SystemFailure>(
        told beside: String, feed: @escaping Feed, _ receive: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) -> CommandResult {
        let run: FedRun
        do throws(SystemError) { run = try FedRun(self, told: beside, feed: feed) } catch { throw Failure(error) }
        do throws(Failure) { try drain(run.output.descriptor, receive) } catch {
            ProcessSignal.kill.send(to: run.process)
            _ = try? run.wait(nil)
            throw error
        }
        do throws(SystemError) { return try run.wait(timeLimit) } catch { throw Failure(error) }
    }
}

/// A program that is being fed.
private final class FedRun: Sendable {
    let process: Int32
    let output: OwnedDescriptor
    private let program: String
    private let errors: OwnedDescriptor
    private let ended = DispatchSemaphore(value: 0)
    private let failure: Failure

    private final class Failure: Sendable {
        let error = Mutex<(any Error)?>(nil)
    }

    init(_ command: ExternalCommand, told text: String, feed: @escaping ExternalCommand.Feed) throws(SystemError) {
        var child = try command.child()
        let beside = OwnedDescriptor(owning: try Scratch.file(Array(text.utf8)))
        errors = OwnedDescriptor(owning: try Scratch.file())
        // Socket pairs and not pipes: whoever writes to one that nobody reads any more gets an error and no signal.
        let (input, answer) = (try Self.pair(for: command.program), try Self.pair(for: command.program))
        let target = OwnedDescriptor(owning: input.0)
        let source = OwnedDescriptor(owning: input.1)
        let answers = OwnedDescriptor(owning: answer.1)
        output = OwnedDescriptor(owning: answer.0)
        program = command.program
        failure = Failure()
        (child.input, child.output, child.errors) = (source.descriptor, answers.descriptor, errors.descriptor)
        child.beside = beside.descriptor
        process = try child.spawn()
        let (failure, ended) = (failure, ended)
        let place = Handover(target)
        Thread.detachNewThread {
            place.take { target in
                do { try feed { try SocketCalls.writeAll($0, to: target.rawValue) } } catch Errno.brokenPipe {} catch {
                    failure.error.withLock { $0 = error }
                }
            }
            ended.signal()
        }
    }

    /// Waits for the program, and then for what fed it.
    func wait(_ timeLimit: Int?) throws(SystemError) -> CommandResult {
        let status = try ChildProcess.wait(for: process, program: program, timeLimit: timeLimit)
        ended.wait()
        if let error = failure.error.withLock({ $0 }) {
            throw error as? SystemError
                ?? SystemError("send to", program, error as? Errno ?? .ioError, detail: "\(error)")
        }
        return CommandResult(status: status, errors: Scratch.text(of: errors.descriptor))
    }

    private static func pair(for program: String) throws(SystemError) -> (FileDescriptor, FileDescriptor) {
        do throws(Errno) { return try SocketCalls.pair() } catch {
            throw SystemError("make a pipe for", program, error, detail: nil)
        }
    }

    /// Takes a descriptor to the thread that closes it.
    private final class Handover: Sendable {
        private let descriptor: Mutex<OwnedDescriptor?>

        init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = Mutex(descriptor) }

        func take(_ body: (FileDescriptor) -> Void) {
            let owned = descriptor.withLock { $0.take() }
            guard let owned else { return }
            body(owned.descriptor)
        }
    }
}
