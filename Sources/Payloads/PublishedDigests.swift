import Archive
import BuildPlan
import BundleFormat
import Foundation
import HostSystem
import SystemPackage
import Transfer
import Values

/// Asks upstream what the digest of a file is, before the file is fetched.
struct PublishedDigests: Sendable {
    let environment: [String: String]
    let retries: RetryPolicy
    /// Keys whose signatures count, as gpgv takes them.
    let keyrings: [FilePath]

    /// The most bytes of a list of digests or of a signature.
    static let sizeLimit = 4 << 20

    /// What upstream says of a file.
    struct Found: Hashable, Sendable {
        let algorithm: PublishedAlgorithm
        /// Lower-case hexadecimal digits.
        let digits: String
        let verified: PayloadVerification

        /// Nil when it is published by another function than the one that names blobs.
        var digest: Digest? { algorithm == .sha256 ? try? Digest(hex: digits) : nil }

        /// Compares a complete file, of which the SHA-256 is known.
        func check(
            _ file: FileDescriptor, _ digest: Digest, named name: String, _ address: String
        ) throws(PayloadError) {
            let found: String
            switch algorithm {
            case .sha256: found = digest.hex
            case .sha512:
                do throws(ArchiveError) { found = try BlobHasher.sha512(of: file, subject: address) } catch {
                    throw .archive(error)
                }
            }
            guard found == digits else {
                throw .wrongPublished(
                    name: name, address: address, published: verified.description, expected: digits, found: found)
            }
        }
    }

    /// - Parameter address: of the file; its last part is its name in a list.
    /// - Throws: ``PayloadError/unpublished(name:address:reason:)`` when upstream does not say it, or what says it is not signed as it
    ///   should be.
    func find(_ published: PublishedDigest, of address: String, named name: String) throws(PayloadError) -> Found {
        let text = SmallTransfer(environment: environment, retries: retries)
        let list = try text.fetch(name, published.address, limit: Self.sizeLimit) { (status) throws(PayloadError) in
            throw .unpublished(
                name: name, address: published.address,
                reason: "the server has none (HTTP status \(status)); it may follow its file by some minutes")
        }
        var signed = list
        var verified = PayloadVerification.published(published.algorithm, at: published.address)
        let isClearSigned = list.starts(with: Array("-----BEGIN PGP SIGNED MESSAGE-----".utf8))
        if published.signature != nil || isClearSigned, !keyrings.isEmpty,
            let verifier = GPGVerifier(keyrings: keyrings.map(\.string))
        {
            let signature = try published.signature.map { (address) throws(PayloadError) in
                try text.fetch(name, address, limit: Self.sizeLimit) { (status) throws(PayloadError) in
                    throw .unpublished(
                        name: name, address: address, reason: "the server has no signature (HTTP status \(status))")
                }
            }
            let verdict: GPGVerifier.Verdict
            do throws(SystemError) { verdict = try verifier.verify(list, signature: signature) } catch {
                throw PayloadError(error)
            }
            switch verdict {
            case .good(let fingerprint, let content):
                signed = content
                verified = .signedList(fingerprint: fingerprint, at: published.address)
            // The user gave no key of theirs.
            case .unknown: break
            case .bad(let reason):
                throw .unpublished(name: name, address: published.address, reason: "its signature is bad: \(reason)")
            }
        }
        let file = address.split(separator: "/").last.map(String.init) ?? address
        guard let digits = Self.digits(of: file, in: signed, published.algorithm) else {
            throw .unpublished(
                name: name, address: published.address,
                reason: "it has no \(published.algorithm.rawValue) of \(printable(file))")
        }
        return Found(algorithm: published.algorithm, digits: digits, verified: verified)
    }

    /// The digest of a file in the lines of sha256sum and sha512sum, `DIGEST  NAME` or `DIGEST *NAME`, or the one digest that stands alone.
    ///
    /// - Returns: nil also when two lines contradict each other.
    static func digits(of file: String, in list: [UInt8], _ algorithm: PublishedAlgorithm) -> String? {
        let lines = String(decoding: list, as: UTF8.self).split(whereSeparator: \.isNewline)
        var found: Set<String> = []
        for line in lines {
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
            guard let digits = parts.first?.lowercased(), digits.utf8.count == algorithm.digitCount,
                digits.utf8.allSatisfy({ Hexadecimal.digit($0) != nil })
            else { continue }
            if parts.count == 1 {
                if lines.count == 1 { found.insert(digits) }
                continue
            }
            var name = parts[1].drop { $0 == " " }
            if name.hasPrefix("*") { name = name.dropFirst() }
            if name.hasPrefix("./") { name = name.dropFirst(2) }
            if name.trimmingCharacters(in: .whitespaces) == file { found.insert(digits) }
        }
        return found.count == 1 ? found.first : nil
    }
}

/// Fetches a small text into memory.
struct SmallTransfer: Sendable {
    let environment: [String: String]
    let retries: RetryPolicy

    /// - Parameter refused: throws what it means that the server answers with an HTTP status of its own.
    func fetch(
        _ name: String, _ address: String, limit: Int, refused: (Int) throws(PayloadError) -> Void
    ) throws(PayloadError) -> [UInt8] {
        guard let curl = CurlCommand.locate(environment) else { throw .missingTool("curl") }
        let command = CurlCommand(
            executable: curl, address: address, offset: 0, environment: environment, retries: retries)
        for attempt in 1... {
            var bytes: [UInt8] = []
            let result = try command.run { (piece) throws(PayloadError) in
                guard bytes.count + piece.count <= limit else {
                    throw .wrongSize(
                        name: name, address: address, expected: Int64(limit), found: Int64(bytes.count + piece.count))
                }
                for index in piece.indices { bytes.append(piece[index]) }
            }
            switch result.verdict {
            case .complete: return bytes
            case .refused(let status):
                try refused(status)
                throw .refusedByServer(name: name, address: address, status: status)
            case .failed, .cannotResume: throw .transfer(name: name, address: address, message: result.message)
            case .interrupted:
                guard attempt < retries.attempts else {
                    throw .transfer(name: name, address: address, message: result.message)
                }
                Thread.sleep(forTimeInterval: retries.pause * Double(1 << attempt) / 2)
            }
        }
        throw .transfer(name: name, address: address, message: "it was tried too often")
    }
}
