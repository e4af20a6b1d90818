/// Makes the ISO 9660 image of a seed: Rock Ridge and Joliet, byte-identical wherever and whenever it is made.
///
/// libarchive lays out the volume descriptors, path tables and directories of both trees. Its writer puts the time, zone, user,
/// system and its own version into the image and stages content in $TMPDIR, which must exist and would hold the machine's
/// secrets. So it is given every file as an empty pipe, for which it stages nothing; then each record gets its true type,
/// size, place, owner and time here, and the content is put behind.
public enum SeedISO {
    /// The image. Directories above entries are added with mode 0755; all times in the image are `epoch` (seconds since
    /// 1970, in the years 1970 to 2155), the entries' own times are not used.
    ///
    /// Refused: more than 8 components in a path, a component above 64 characters, the characters `* : ; ?` (Joliet would
    /// rename such a file), a path that occurs twice.
    public static func image(label: String, entries: [ArchiveEntry], epoch: Int64) throws(ArchiveError) -> [UInt8] {
        let subject = "seed \(label)"
        let date = try ISODate(epoch: epoch, subject: subject)
        let described = entries.enumerated().map { index, entry in
            ISOMember(
                path: entry.path,
                kind: entry.content.map { .file(content: index, size: Int64($0.count)) } ?? .directory,
                permissions: entry.permissions, userID: entry.userID, groupID: entry.groupID)
        }
        let members = try ISOMemberList(entries: described, label: label, subject: subject)
        // So that the array grows in place.
        let spare = entries.reduce(0) { $0 + ($1.content?.count ?? 0) + ISOImage.sectorSize }
        var image = try ISOImage(
            skeleton: ISOSkeleton.make(label: label, members: members, subject: "the " + subject, spare: spare),
            label: label, date: date)
        for extent in try image.place(members) {
            if let content = entries[extent.content].content { image.append(content) }
        }
        return image.bytes
    }
}
