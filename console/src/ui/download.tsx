// Saves a text that the console made as a file.
import { Button } from "~/ui/button";

interface DownloadProps {
	readonly name: string;
	readonly type: string;
	/** Made when it is asked for. */
	readonly text: () => string;
	readonly children: string;
}

export function Download({ name, type, text, children }: DownloadProps) {
	return (
		<Button
			kind="quiet"
			onClick={() => {
				const address = URL.createObjectURL(new Blob([text()], { type }));
				const link = document.createElement("a");
				link.href = address;
				link.download = name;
				link.click();
				URL.revokeObjectURL(address);
			}}
		>
			{children}
		</Button>
	);
}
