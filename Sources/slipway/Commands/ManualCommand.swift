import ArgumentParser
import Bundling
import HostSystem
import Values

/// `slipway manual DIRECTORY`: what `make install` calls. Nobody types it.
struct ManualCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual", abstract: "Write the manual pages, made from what --help says.", shouldDisplay: false)

    @Argument(help: "The directory; made when it is not there.", completion: .directory)
    var directory: String

    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        // The pages' date is the source's, as it is for everything that packages hold.
        let seconds = context.environment["SOURCE_DATE_EPOCH"].flatMap { Int64($0) }
        let date = seconds.map { "\(Timestamp(secondsSince1970: $0))".prefix(10) } ?? ""
        try await CommandFailure.translating {
            try Files<InputError>.makeDirectory(directory)
            for page in try ManualPage.all(date: String(date), release: Release.version) {
                let file = "\(directory)/\(page.name)"
                try Files<InputError>.write(Array(page.text.utf8), to: file, mode: 0o644)
                context.out("\(file)\n")
            }
        }
    }
}
