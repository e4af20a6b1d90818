import Archive
import BundleFormat
import HostSystem
import Payloads
import Synchronization
import SystemPackage
import Unbundling
import Values

/// Where the blobs of an import can be read from: the files that were named, what earlier calls have kept, bundles that are here, the store.
/// Nothing of all this is believed; a piece that is not what it should be is looked for in the next place.
final class BlobSupply: Sendable {
    private enum Place: Sendable {
        /// In one of the files, by its number.
        case file(Int, BlobPlace)
        case kept(String)
        case base(BlobPlace)
        case store(BlobLocation)
    }

    private struct Key: Hashable {
        let digest: Values.Digest
        let offset: Int64
    }

    private let files: [CarriedFile]
    let staging: FilePath
    private let bases: [Unbundling.Bundle]
    private let store: PayloadStore
    /// In the order of the blob, with the number of the part that each is in.
    private let pieces: [Values.Digest: [(piece: Piece, part: Int)]]
    private let held: [Key: [(file: Int, held: CarriedFile.Held)]]
    private let faults = Mutex(Faults())

    /// What turned out not to be what it should be.
    private struct Faults {
        /// Numbers of files by the pieces that are damaged in them.
        var files: [Key: Set<Int>] = [:]
        /// Blobs that are damaged in another bundle or in the store.
        var elsewhere: Set<Values.Digest> = []
    }

    init(files: [CarriedFile], staging: FilePath, bases: [Unbundling.Bundle], store: PayloadStore) {
        self.files = files
        self.staging = staging
        self.bases = bases
        self.store = store
        var pieces: [Values.Digest: [(piece: Piece, part: Int)]] = [:]
        for part in files.first?.layout.parts ?? [] {
            for piece in part.pieces { pieces[piece.entry.digest, default: []].append((piece, part.number)) }
        }
        self.pieces = pieces
        var held: [Key: [(file: Int, held: CarriedFile.Held)]] = [:]
        for (number, file) in files.enumerated() {
            for one in file.held {
                held[Key(digest: one.piece.entry.digest, offset: one.piece.offset), default: []].append((number, one))
            }
        }
        self.held = held
    }

    /// Names of files in which a piece was not what it should be, in the order in which they were named.
    var damagedFiles: [String] {
        Set(faults.withLock { $0.files.values.flatMap(\.self) }).sorted().map { files[$0].file }
    }

    // MARK: What is there

    private func pieces(of entry: PackingList.Entry) -> [(piece: Piece, part: Int)] {
        pieces[entry.digest] ?? [(Piece.whole(entry), 0)]
    }

    private func keptPath(_ piece: Piece) -> String {
        staging.appending("\(piece.entry.digest.hex)-\(piece.offset)").string
    }

    private func isKept(_ piece: Piece) -> Bool { Files.size(of: keptPath(piece)) == piece.size }

    private func places(of piece: Piece) -> [(place: Place, digest: Values.Digest?)] {
        let key = Key(digest: piece.entry.digest, offset: piece.offset)
        let (bad, isBadElsewhere) = faults.withLock { ($0.files[key] ?? [], $0.elsewhere.contains(key.digest)) }
        var places: [(Place, Values.Digest?)] = (held[key] ?? []).filter { !bad.contains($0.file) }.map {
            (.file($0.file, $0.held.place), $0.held.digest)
        }
        // What was kept has been compared when it was written; of a piece only the blob as a whole can be compared again.
        if isKept(piece) { places.append((.kept(keptPath(piece)), piece.isWhole ? piece.entry.digest : nil)) }
        if piece.isWhole, !isBadElsewhere {
            for base in bases {
                if let place = base.blob(piece.entry.digest), place.size == piece.size {
                    places.append((.base(place), piece.entry.digest))
                }
            }
            if let location = store.location(of: piece.entry.digest), location.size == piece.size {
                places.append((.store(location), piece.entry.digest))
            }
        }
        return places
    }

    /// Whether every piece of a blob is somewhere.
    func has(_ entry: PackingList.Entry) -> Bool { pieces(of: entry).allSatisfy { !places(of: $0.piece).isEmpty } }

    /// Numbers of the parts whose pieces of these blobs are not kept, sorted.
    func missingParts(of entries: [PackingList.Entry]) -> [Int] {
        Set(entries.filter(\.isCarried).flatMap { pieces(of: $0) }.filter { places(of: $0.piece).isEmpty }.map(\.part))
            .sorted()
    }

    /// Bytes of these blobs' pieces that the files hold and that are not kept yet.
    func pieceBytes(of entries: [PackingList.Entry]) -> Int64 {
        entries.flatMap { pieces(of: $0) }.map(\.piece).reduce(0) { sum, piece in
            let isHeld = held[Key(digest: piece.entry.digest, offset: piece.offset)] != nil
            return isHeld && !isKept(piece) ? sum + piece.size : sum
        }
    }

    // MARK: Copying

    /// Copies a blob, hashing it on the way.
    ///
    /// - Returns: false when a piece is nowhere as it should be.
    /// - Throws: ``CarryingError/wrongBlob(name:)`` when all pieces are, and the blob is not.
    func copy(_ entry: PackingList.Entry, to target: FileDescriptor, at offset: Int64, named path: String) throws
        -> Bool
    {
        var whole = BlobHasher()
        for (piece, _) in pieces(of: entry) {
            guard let hasher = try copy(piece, after: whole, to: target, at: offset + piece.offset, named: path) else {
                return false
            }
            whole = hasher
        }
        guard whole.finish() == entry.digest else {
            // Then something that was kept has changed since: it has to be brought again.
            for (piece, _) in pieces(of: entry) where isKept(piece) { try Files.remove(keptPath(piece)) }
            throw CarryingError.wrongBlob(name: entry.name)
        }
        return true
    }

    /// - Parameter whole: the hasher of the blob so far.
    /// - Returns: the same with the piece; nil when the piece is nowhere.
    private func copy(
        _ piece: Piece, after whole: BlobHasher, to target: FileDescriptor, at offset: Int64, named path: String
    ) throws -> BlobHasher? {
        for (place, digest) in places(of: piece) {
            var (all, own) = (whole, BlobHasher())
            let isCut = !piece.isWhole
            func hash(_ bytes: Span<UInt8>) {
                all.update(bytes)
                if isCut { own.update(bytes) }
            }
            do {
                switch place {
                case .file(_, let place), .base(let place):
                    try RangeCopy.copy(
                        from: place.descriptor, at: place.offset, count: piece.size, to: target, at: offset,
                        named: path, hash)
                case .kept(let name):
                    try copyFile(name, at: 0, piece, target, offset, path, hash)
                case .store(let location):
                    try copyFile(location.file.string, at: location.offset, piece, target, offset, path, hash)
                }
                if digest == nil || digest == (isCut ? own : all).finish() { return all }
            } catch is RangeCopy.Unreadable {}
            switch place {
            case .file(let number, _):
                let key = Key(digest: piece.entry.digest, offset: piece.offset)
                faults.withLock { _ = $0.files[key, default: []].insert(number) }
            case .kept(let name): try Files.remove(name)
            case .base, .store: faults.withLock { _ = $0.elsewhere.insert(piece.entry.digest) }
            }
        }
        return nil
    }

    private func copyFile(
        _ name: String, at start: Int64, _ piece: Piece, _ target: FileDescriptor, _ offset: Int64, _ path: String,
        _ hash: (Span<UInt8>) -> Void
    ) throws {
        let file = OwnedDescriptor(owning: try Files.openForReading(name))
        try RangeCopy.copy(
            from: file.descriptor, at: start, count: piece.size, to: target, at: offset, named: path, hash)
    }

    /// Keeps what the files hold of these blobs for a later call.
    func keep(_ entries: [PackingList.Entry]) throws {
        for (piece, _) in entries.flatMap({ pieces(of: $0) }) where !isKept(piece) {
            guard held[Key(digest: piece.entry.digest, offset: piece.offset)] != nil else { continue }
            let path = keptPath(piece) + ".new"
            try Files.remove(path)
            let file = OwnedDescriptor(owning: try Files.createFile(path))
            if try copy(piece, after: BlobHasher(), to: file.descriptor, at: 0, named: path) != nil {
                try Files.rename(path, to: keptPath(piece))
            } else {
                try Files.remove(path)
            }
        }
    }
}
